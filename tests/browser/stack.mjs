// What the tests need of the stack that is not the page: people, orders, and a message that was given up.

import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

export const API = setting("API_URL");
export const OPERATOR = { email: setting("OPERATOR_EMAIL"), password: setting("OPERATOR_PASSWORD") };
const PASSWORD = "a horse that eats apples";

function setting(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: run these tests with \`make test\` or \`make browser\``);
  return value;
}

function unique(prefix) {
  return `${prefix}-${randomBytes(5).toString("hex")}`;
}

/** Sends one request and checks its status; answers the body. */
export async function ask(expected, method, path, body, token) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(API + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  assert.ok([expected].flat().includes(answer.status), `${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

async function logIn({ email, password }) {
  return (await ask(200, "POST", "/api/v1/auth/login/email", { email, password })).accessToken;
}

/** Somebody new, without scopes. */
export async function customer() {
  const person = { email: `${unique("anna")}@example.com`, password: PASSWORD };
  await ask(201, "POST", "/api/v1/auth/register/email", { firstName: "Anna", lastName: "K", ...person });
  return { ...person, token: await logIn(person) };
}

/** A new operator whose account has a second factor; `code(ahead)` is the authenticator's code so many steps of 30 seconds from now. */
export async function operatorWithSecondFactor() {
  const person = await customer();
  const { id } = await ask(200, "GET", "/api/v1/users/me", undefined, person.token);
  await invoke("GrantScopes", { userId: id, scopes: ["orders:read"] });
  const token = await logIn(person);
  const { secret } = await ask(201, "POST", "/api/v1/users/me/second-factor", { password: person.password }, token);
  const code = (ahead) => totp(secret, Math.floor(Date.now() / 30_000) + ahead);
  const { recoveryCodes } = await ask(200, "POST", "/api/v1/users/me/second-factor/confirm", { code: code(0) }, token);
  return { ...person, code, recoveryCodes };
}

/** The code of a step (RFC 6238), computed apart from the functions. */
function totp(secret, step) {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const tag = createHmac("sha1", key).update(counter).digest();
  const number = tag.readUInt32BE(tag.at(-1) & 0xf) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

/** A product with stock in two warehouses. */
export async function product(name) {
  const [sku, token] = [unique("kettle"), await logIn(OPERATOR)];
  await ask(200, "PUT", `/api/v1/stocks/${sku}`, { warehouse: "msk-1", available: 40 }, token);
  await ask(200, "PUT", `/api/v1/stocks/${sku}`, { warehouse: "spb-1", available: 7 }, token);
  const told = { name, description: "", price: 249_900, currency: "RUB", attributes: {}, isActive: true };
  await ask([200, 201], "PUT", `/api/v1/products/${sku}`, told, token);
  return sku;
}

/** An order of `sku` by `person`, answered whole. */
export async function order(person, sku, more = {}) {
  const body = { items: [{ productId: sku, quantity: 2 }], country: "RU", region: "Moscow", city: "Moscow", street: "Tverskaya 1", ...more };
  const { orderId } = await ask(201, "POST", "/api/v1/orders", body, person.token);
  return ask(200, "GET", `/api/v1/orders/${orderId}`, undefined, person.token);
}

/** Calls `order` off. */
export function cancel(person, order, reason) {
  return ask(200, "POST", `/api/v1/orders/${order.id}/cancel`, { reason }, person.token);
}

/** Puts a message that its consumer can do without into a queue of dead letters, as if it had been given up. */
export async function giveUp(queue) {
  const sample = JSON.parse(readFileSync(new URL("../../events/notify-customer.json", import.meta.url)));
  const { QueueUrls: urls } = await sqs("ListQueues", {});
  const QueueUrl = urls.find((url) => url.includes(`-${queue}`));
  assert.ok(QueueUrl, `${queue} among ${urls}`);
  await sqs("SendMessage", { QueueUrl, MessageBody: sample.Records[0].body });
}

/** Calls a function of the stack directly, as an operator with IAM rights does. */
async function invoke(name, event) {
  const credential = `${setting("AWS_ACCESS_KEY_ID")}/20260101/${setting("AWS_REGION")}/lambda/aws4_request`;
  const path = `/2015-03-31/functions/${setting("STACK_NAME")}-${name}/invocations`;
  const headers = { authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=none` };
  const answer = await fetch(setting("AWS_ENDPOINT_URL") + path, { method: "POST", headers, body: JSON.stringify(event) });
  const text = await answer.text();
  assert.ok(answer.ok && !answer.headers.get("x-amz-function-error"), text);
}

/** One call of the emulator's SQS, which takes its root's key for a signature. */
async function sqs(action, parameters) {
  const credential = `${setting("AWS_ACCESS_KEY_ID")}/20260101/${setting("AWS_REGION")}/sqs/aws4_request`;
  const answer = await fetch(setting("AWS_ENDPOINT_URL"), {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `AmazonSQS.${action}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=none`,
    },
    body: JSON.stringify(parameters),
  });
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return JSON.parse(text);
}
