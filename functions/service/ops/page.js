// What is shown: one view for each address after the `#`, so that the browser's history and bookmarks work.

import { Refusal, get, may, onEnd, resume, signIn, signOut } from "./api.js";
import { deadLetters } from "./dead-letters.js";
import { h } from "./dom.js";
import { order } from "./order.js";
import { orders } from "./orders.js";
import { overview } from "./overview.js";
import { stock } from "./stock.js";

const VIEWS = { overview, orders, stock, "dead-letters": deadLetters };
const START = "overview";
// An account with none of these sees nothing here.
const SCOPES = ["orders:read", "orders:write", "stock:write", "operations:write"];

const part = (id) => document.getElementById(id);
const main = part("main");
// Raised with every view, so that an answer that comes late does not take another view's place.
let shown = 0;

/** Says what was done, or is being done. */
function say(text) {
  part("alert").textContent = "";
  part("status").textContent = text;
}

/** Says what went wrong. */
function warn(problem) {
  if (!(problem instanceof Refusal)) console.error(problem);
  part("status").textContent = "";
  part("alert").textContent = problem instanceof Refusal ? problem.message : "This page has a defect: see the browser's console.";
}

function signedIn(email) {
  const operator = SCOPES.some(may);
  part("views").hidden = part("find").hidden = !operator;
  part("who").hidden = false;
  part("email").textContent = email;
  say(`Signed in as ${email}.`);
  if (operator) return show();
  title("No rights", "This account has no rights here");
  main.append(h("p", {}, "You are signed in as a customer. Whoever runs this installation can give your account the scopes ",
    h("code", {}, "orders:read"), " and ", h("code", {}, "orders:write"), "."));
}

function askToSignIn() {
  shown += 1;
  for (const id of ["views", "find", "who"]) part(id).hidden = true;
  title("Sign in", "Sign in");
  const button = h("button", { type: "submit" }, "Sign in");
  // Shown once an account turns out to have a second factor.
  const second = h("div", { class: "second-factor", hidden: true },
    h("label", { for: "code" }, "Code of the authenticator app, or a recovery code"),
    h("input", { id: "code", name: "code", autocomplete: "one-time-code", spellcheck: "false", autocapitalize: "none" }));
  const form = h("form", { class: "card sign-in", onsubmit: submit },
    h("p", {}, "With an operator's account."),
    h("label", { for: "login" }, "Email or phone"),
    h("input", { id: "login", name: "login", required: true, autocomplete: "username", spellcheck: "false", autocapitalize: "none" }),
    h("label", { for: "password" }, "Password"),
    h("input", { id: "password", name: "password", type: "password", required: true, autocomplete: "current-password" }),
    second,
    button);
  main.append(form);

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    say("Signing in …");
    const { login, password, code } = form.elements;
    try {
      await signIn(login.value.trim(), password.value, code.value.trim());
      signedIn(login.value.trim());
    } catch (problem) {
      refused(problem, password, code);
    } finally {
      button.disabled = false;
    }
  }

  function refused(problem, password, code) {
    const isAsked = problem.code === "second_factor_required";
    const asksForCode = isAsked || (!second.hidden && problem.code !== "invalid_credentials");
    second.hidden = !asksForCode;
    code.required = asksForCode;
    code.value = "";
    if (isAsked) say("Type the code that your authenticator app shows.");
    else warn(problem);
    if (!asksForCode) password.value = "";
    (asksForCode ? code : password).focus();
  }
}

/** Begins a view: its title, and the focus on its heading, so that a screen reader reads on from there. */
function title(short, heading) {
  document.title = `${short} – Holdfast operations`;
  const first = h("h1", { tabindex: "-1" }, heading);
  main.replaceChildren(first);
  first.focus();
}

/** Shows what the address after the `#` names. */
async function show() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/").map(decodeURIComponent);
  const one = name === "orders" && rest[0];
  const view = one ? order : VIEWS[name] ?? VIEWS[START];
  for (const link of part("views").children) {
    const current = link.hash === `#/${VIEWS[name] ? name : START}`;
    if (current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const number = (shown += 1);
  const still = () => number === shown;
  const place = {
    title,
    say: (text) => still() && say(text),
    warn: (problem) => still() && warn(problem),
    /** Adds to the view, unless another one was opened meanwhile. */
    add: (...nodes) => still() && main.append(...nodes),
    again: () => still() && show(),
  };
  say("");
  try {
    await view(place, rest.join("/"), new URLSearchParams(query));
  } catch (problem) {
    place.warn(problem);
  }
}

part("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = part("reference");
  const reference = field.value.replaceAll(/[\s#]/g, "");
  field.value = "";
  if (reference) location.hash = `#/orders/${encodeURIComponent(reference)}`;
});
part("sign-out").addEventListener("click", async () => {
  await signOut();
  askToSignIn();
  say("You are signed out.");
});
part("skip").addEventListener("click", (event) => {
  // Without changing the address, which names the view.
  event.preventDefault();
  main.focus();
});
onEnd(askToSignIn);
window.addEventListener("hashchange", () => {
  if (!part("views").hidden) show();
});
await start();

/** Goes on with the browser's session, or asks for one. */
async function start() {
  try {
    if (!(await resume())) return askToSignIn();
    const me = await get("api/v1/users/me");
    signedIn(me.email ?? me.phone);
  } catch (problem) {
    askToSignIn();
    warn(problem);
  }
}
