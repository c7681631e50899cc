// The last hours: how many orders were placed, and what has become of them.

import { get } from "./api.js";
import { count, h, svg, table, time, words } from "./dom.js";

const RANGES = [6, 12, 24, 48];
const STATUSES = ["new", "awaiting_payment", "paid", "confirmed", "shipped", "delivered", "cancelled", "failed"];
// What the bars are made of, from the bottom up.
const PARTS = [
  { name: "Sold", look: "sold", of: ["paid", "confirmed", "shipped", "delivered"] },
  { name: "Waiting", look: "open", of: ["new", "awaiting_payment"] },
  { name: "Cancelled", look: "cancelled", of: ["cancelled"] },
  { name: "Failed", look: "failed", of: ["failed"] },
];
const [HEIGHT, LEFT, BOTTOM, TOP] = [260, 44, 28, 10];
// What the label of an hour takes.
const LABEL = 52;
const HOUR = { hour: "2-digit", minute: "2-digit" };

/** The view `#/overview?hours=...`. */
export async function overview(place, _, query) {
  const hours = RANGES.includes(Number(query.get("hours"))) ? Number(query.get("hours")) : 12;
  place.title("Overview", "Overview");
  const choice = h("select", { id: "range", onchange: () => { location.hash = `#/overview?hours=${choice.value}`; } },
    RANGES.map((range) => h("option", { value: range, selected: range === hours }, `${range} hours`)));
  place.add(h("div", { class: "tools" }, h("label", { for: "range" }, "The last"), choice,
    h("button", { type: "button", class: "quiet", onclick: place.again }, "Refresh")));
  place.say("Counting …");
  const counts = await get(`api/v1/admin/orders/counts?hours=${hours}`);
  place.say(counts.complete ? "" : "There are more orders than are counted at once: only the newest are shown.");
  place.add(tiles(counts), chart(counts), numbers(counts));
}

function sum(hour, statuses) {
  return statuses.reduce((total, status) => total + hour.byStatus[status], 0);
}

function tiles({ hours }) {
  const total = (statuses) => hours.reduce((all, hour) => all + sum(hour, statuses), 0);
  const tile = (name, value, look) => h("div", { class: `tile ${look}` }, h("dt", {}, name), h("dd", {}, count(value)));
  return h("dl", { class: "tiles" }, tile("Placed", total(STATUSES), "all"), PARTS.map((part) => tile(part.name, total(part.of), part.look)));
}

/** Bars, one for each hour. The table below says the same to those who can't see them. */
function chart({ hours, to }) {
  const highest = ceiling(Math.max(1, ...hours.map((hour) => sum(hour, STATUSES))));
  // As wide as there is room for, so that its letters are as large as all others.
  const width = Math.max(260, document.getElementById("main").clientWidth - 84);
  const slot = (width - LEFT) / hours.length;
  const y = (value) => HEIGHT - BOTTOM - (value / highest) * (HEIGHT - BOTTOM - TOP);
  const lines = [0, highest / 2, highest].filter(Number.isInteger).map((value) => [
    svg("line", { x1: LEFT, x2: width, y1: y(value), y2: y(value), class: "grid" }),
    svg("text", { x: LEFT - 8, y: y(value) + 4, class: "tick end" }, count(value)),
  ]);
  const every = Math.ceil(LABEL / slot);
  const bars = hours.map((hour, index) => {
    const [x, broad] = [LEFT + index * slot + slot * 0.15, slot * 0.7];
    let below = 0;
    const parts = PARTS.map((part) => {
      const value = sum(hour, part.of);
      below += value;
      return value > 0 && svg("rect", { x, width: broad, y: y(below), height: y(below - value) - y(below), class: part.look });
    });
    const label = index % every === 0 && svg("text", { x: x + broad / 2, y: HEIGHT - 8, class: "tick" }, clock(hour.from));
    return svg("g", {}, svg("title", {}, described(hour)), parts, label);
  });
  const legend = h("ul", { class: "legend" }, PARTS.map((part) => h("li", { class: part.look }, part.name)));
  return h("figure", { class: "card chart" },
    h("figcaption", {}, "Orders by the hour in which they were placed, and what they are now. The last hour is not over: it is ", time(to, HOUR), "."),
    legend,
    svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": "Orders by hour; the table below has the numbers" }, lines, bars));
}

/** The next round number, so that the scale is easy to read. */
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((round) => round >= value);
}

function clock(text) {
  return new Intl.DateTimeFormat(undefined, HOUR).format(new Date(text));
}

function described(hour) {
  const parts = PARTS.map((part) => `${part.name.toLowerCase()} ${sum(hour, part.of)}`);
  return `${clock(hour.from)}: ${sum(hour, STATUSES)} placed, ${parts.join(", ")}`;
}

function numbers({ hours }) {
  const number = (title) => ({ title, number: true });
  const rows = [...hours].reverse().map((hour) => [
    time(hour.from, { dateStyle: "short", timeStyle: "short" }),
    count(sum(hour, STATUSES)),
    ...STATUSES.map((status) => count(hour.byStatus[status])),
  ]);
  return table("Orders by hour, the newest first", ["Hour from", number("Placed"), ...STATUSES.map((status) => number(words(status)))], rows);
}
