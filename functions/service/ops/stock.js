// What there is of a SKU, warehouse by warehouse.

import { Refusal, get } from "./api.js";
import { count, facts, h, table } from "./dom.js";

/** The view `#/stock/<sku>`. */
export async function stock(place, sku) {
  place.title(sku ? `Stock of ${sku}` : "Stock", sku ? `Stock of ${sku}` : "Stock");
  const field = h("input", { id: "sku", name: "sku", required: true, value: sku, autocomplete: "off", spellcheck: "false" });
  const look = (event) => {
    event.preventDefault();
    location.hash = `#/stock/${encodeURIComponent(field.value.trim())}`;
  };
  place.add(h("form", { class: "tools", onsubmit: look }, h("label", { for: "sku" }, "SKU"), field, h("button", { type: "submit" }, "Look up")));
  if (!sku) return;
  place.say("Loading …");
  const found = await get(`api/v1/stocks/${encodeURIComponent(sku)}`).catch((problem) => {
    if (!(problem instanceof Refusal) || problem.status !== 404) throw problem;
    return null;
  });
  place.say("");
  if (!found) {
    place.add(h("p", { class: "nothing" }, "Nothing was ever said of the stock of this SKU."));
    return;
  }
  const sum = (name) => found.warehouses.reduce((total, warehouse) => total + warehouse[name], 0);
  place.add(
    facts([
      ["Can be sold", count(found.available)],
      ["Lanes in each warehouse", String(found.lanes)],
      ["Counts as low at", found.lowStockThreshold === undefined ? undefined : count(found.lowStockThreshold)],
      ["Low", found.isLow === undefined ? undefined : found.isLow ? "Yes" : "No"],
    ]),
    table("By warehouse", ["Warehouse", { title: "Can be sold", number: true }, { title: "Reserved", number: true }],
      found.warehouses.map((at) => [at.warehouse, count(at.available), count(at.reserved)]),
      ["Together", count(sum("available")), count(sum("reserved"))]));
}
