// The session and the requests. The access token is kept in memory; the refresh token is in a cookie that no script can read, so that a reload
// resumes the session.

/** What the API said no with. */
export class Refusal extends Error {
  constructor(status, code, detail) {
    super(detail || code || `The API answered ${status}.`);
    this.status = status;
    this.code = code;
  }
}

// A token is renewed this long before it is over.
const MARGIN_MS = 30_000;

let session = null;
let renewal = null;
let ended = () => {};

/** Calls `listener` when the session is over without anybody having signed out. */
export function onEnd(listener) {
  ended = listener;
}

/** Whether the one who is signed in may do what `scope` stands for. */
export function may(scope) {
  return session !== null && session.scopes.includes(scope);
}

/** Signs in with an email address or phone number, a password, and a code where the account has a second factor. */
export async function signIn(login, password, code) {
  session = await opened("POST", "ops/session", { login, password, ...(code && { code }) });
}

/** Resumes the session that the browser has a cookie for; false when there is none. */
export async function resume() {
  try {
    session = await opened("POST", "ops/session/refresh");
  } catch (problem) {
    if (!isOver(problem)) throw problem;
  }
  return session !== null;
}

/** Ends the session here, and as far as possible there. */
export async function signOut() {
  session = null;
  // A renewal that is under way would set the cookie again.
  await renewal?.catch(() => {});
  await own("DELETE", "ops/session").catch(() => {});
}

/** Asks for what `path` names; `path` is relative to the page's own address. */
export function get(path) {
  return asked("GET", path);
}

/** Sends `body` as JSON. */
export function post(path, body) {
  return asked("POST", path, body);
}

async function asked(method, path, body) {
  if (session && Date.now() > session.until - MARGIN_MS) await renewed();
  const answer = await send(method, path, body);
  if (answer.status !== 401) return read(answer);
  await renewed();
  return read(await send(method, path, body));
}

/** A refresh token is good for once, so that every request waits for the same renewal. */
function renewed() {
  renewal ??= opened("POST", "ops/session/refresh")
    .then((next) => {
      // Without a cookie, or with that of another account, another tab has signed out or in.
      if (next?.user !== session?.user) return over();
      // A user who signed out meanwhile stays signed out.
      if (session) session = next;
    }, (problem) => {
      if (!isOver(problem)) throw problem;
      over();
    })
    .finally(() => {
      renewal = null;
    });
  return renewal;
}

function over() {
  const signedOut = session === null;
  session = null;
  if (!signedOut) ended();
  throw new Refusal(401, "session_over", "Your session is over. Sign in again.");
}

function isOver(problem) {
  return problem instanceof Refusal && problem.status === 401;
}

/** The session that the answer begins or goes on with; null when there is none. */
async function opened(method, path, body) {
  const answer = await own(method, path, body);
  if (answer.status === 204) return null;
  const granted = await read(answer);
  return {
    access: granted.accessToken,
    user: granted.userId,
    scopes: (granted.scope ?? "").split(" ").filter(Boolean),
    until: Date.now() + granted.expiresIn * 1000,
  };
}

/** Sends what goes by the cookie. The header proves that a script of this origin asks: no other origin may send it. */
function own(method, path, body) {
  const headers = { accept: "application/json", "x-csrf-protection": "1" };
  if (body !== undefined) headers["content-type"] = "application/json";
  return reached(() => fetch(path, { method, headers, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body) }));
}

function send(method, path, body) {
  const headers = { accept: "application/json" };
  if (session) headers.authorization = `Bearer ${session.access}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  return reached(() => fetch(path, { method, headers, credentials: "omit", body: body === undefined ? undefined : JSON.stringify(body) }));
}

async function reached(ask) {
  try {
    return await ask();
  } catch {
    throw new Refusal(0, "unreachable", "The API can't be reached.");
  }
}

async function read(answer) {
  const body = answer.status === 204 ? null : await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  if (body.code === "invalid_credentials") throw new Refusal(401, body.code, "Wrong login or password.");
  if (answer.status === 403 && body.code === "insufficient_scope") {
    throw new Refusal(403, body.code, `Your account may not do this: it lacks the scope ${body.scope}.`);
  }
  throw new Refusal(answer.status, body.code, body.errors?.[0] ? `${body.detail} ${body.errors[0].pointer} ${body.errors[0].detail}.` : body.detail);
}
