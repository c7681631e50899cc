// What was given up, and sending it again.

import { post } from "./api.js";
import { confirmed, count, h, table } from "./dom.js";

const PATH = "api/v1/admin/dead-letters/redrive";

/** The view `#/dead-letters`. */
export async function deadLetters(place) {
  place.title("Dead letters", "Dead letters");
  place.add(h("p", { class: "lead" },
    "Messages that their consumer failed with too often wait here. Find out why, put it right, and then send them again: what was done before is not done twice."));
  place.say("Looking …");
  const { queues } = await post(PATH, { dryRun: true });
  const waiting = queues.reduce((total, queue) => total + queue.waiting, 0);
  const redrivable = queues.reduce((total, queue) => total + queue.redriven, 0);
  place.say(waiting ? `${messages(waiting)} waiting, of which ${redrivable} can be sent again.` : "Nothing waits in any of them.");
  const rows = queues.map((queue) => [
    queue.name,
    queue.consumer,
    h("span", { class: queue.waiting ? "badge bad" : "badge off" }, count(queue.waiting)),
    action(place, queue),
  ]);
  place.add(
    h("div", { class: "tools" },
      h("button", { type: "button", class: "quiet", onclick: place.again }, "Look again"),
      h("button", { type: "button", disabled: !redrivable, onclick: () => redrive(place, null, redrivable) }, "Send all again")),
    table("Queues of dead letters", ["Queue", "Consumer", { title: "Waiting", number: true }, "Action"], rows));
}

function action(place, queue) {
  if (!queue.redrivable) return h("span", { class: "note" }, "never sent again");
  if (!queue.redriven) return h("span", { class: "note" }, "nothing to do");
  const label = `Send again: ${queue.name}`;
  return h("button", { type: "button", class: "small", "aria-label": label, onclick: () => redrive(place, queue.name, queue.redriven) }, "Send again");
}

async function redrive(place, queue, expected) {
  const from = queue ?? "all queues";
  const yes = await confirmed(`Send ${messages(expected)} of ${from} again?`,
    "Their consumers get them once more. If the trouble is still there, they come back.", "Send again");
  if (!yes) return;
  place.say("Sending …");
  try {
    const { queues } = await post(PATH, queue ? { queue } : {});
    const sent = queues.reduce((total, each) => total + each.redriven, 0);
    await place.again();
    // The new view has said what waits; this is what was asked for.
    document.getElementById("status").textContent = `${messages(sent)} of ${from} sent again.`;
  } catch (problem) {
    place.warn(problem);
  }
}

function messages(number) {
  return `${count(number)} ${number === 1 ? "message" : "messages"}`;
}
