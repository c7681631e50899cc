// Making elements. Text is always put in as text: whatever a customer wrote is shown and never run.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes (`onclick` and the like are functions) and children: nodes, texts, lists of them, or nothing. */
export function h(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** The same for a part of a drawing. */
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** A table with a caption; `columns` are texts, or `{title, number: true}` for a column of numbers. */
export function table(caption, columns, rows, foot) {
  const heads = columns.map((column) => (typeof column === "string" ? { title: column } : column));
  const look = (index) => (heads[index].number ? "number" : undefined);
  const line = (cells) =>
    h("tr", {}, cells.map((cell, index) => h(index ? "td" : "th", { scope: index ? undefined : "row", class: look(index) }, cell)));
  return h("div", { class: "table", role: "region", "aria-label": caption, tabindex: "0" },
    h("table", {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, heads.map((head, index) => h("th", { scope: "col", class: look(index) }, head.title)))),
      h("tbody", {}, rows.map(line)),
      foot && h("tfoot", {}, line(foot))));
}

/** A list of facts; those without a value are left out. */
export function facts(pairs) {
  const told = pairs.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return h("dl", { class: "facts" }, told.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

/** A status as a small label; its words say what its colour says. */
export function badge(status) {
  return h("span", { class: `badge ${tone(status)}` }, words(status));
}

function tone(status) {
  if (["cancelled", "failed"].includes(status)) return status === "failed" ? "bad" : "off";
  if (["new", "awaiting_payment", "pending", "refunding"].includes(status)) return "waiting";
  return "good";
}

/** `awaiting_payment` in words. */
export function words(name) {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A time in the reader's own time zone; the exact one stands in its attribute and is shown on hovering. */
export function time(text, options = { dateStyle: "medium", timeStyle: "medium" }) {
  if (!text) return undefined;
  return h("time", { datetime: text, title: text }, new Intl.DateTimeFormat(undefined, options).format(new Date(text)));
}

/** An amount of minor units, with as many decimals as the currency has. */
export function money(amount, currency) {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency, currencyDisplay: "code" });
  const { maximumFractionDigits: digits } = format.resolvedOptions();
  // The amount is put in as a decimal text, so that no large one is rounded.
  const text = String(Math.abs(amount)).padStart(digits + 1, "0");
  const decimal = digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text;
  return format.format(`${amount < 0 ? "-" : ""}${decimal}`);
}

/** A whole number. */
export function count(value) {
  return new Intl.NumberFormat().format(value);
}

/** A question that has to be answered before anything is done; true for yes. */
export function confirmed(question, explanation, yes) {
  return new Promise((answer) => {
    const dialog = h("dialog", { "aria-labelledby": "question" },
      h("h2", { id: "question" }, question),
      h("p", {}, explanation),
      h("div", { class: "actions" },
        h("button", { type: "button", class: "quiet", autofocus: true, onclick: () => dialog.close("no") }, "Cancel"),
        h("button", { type: "button", onclick: () => dialog.close("yes") }, yes)));
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
