// A program of a stranger's, with the client that openapi-typescript and openapi-fetch make of docs/openapi.yml. It ends well, or with the first
// thing that is not as the reference says. VOIPCRM_URL, VOIPCRM_TOKEN and WIDGET_TOKEN lead to a product with a simulated line 101.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

import createClient from "openapi-fetch";

import type { components, paths } from "./schema.js";

type Call = components["schemas"]["Call"];
type Refusal = components["schemas"]["Refusal"];

const baseUrl = process.env.VOIPCRM_URL ?? "";
const crm = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${process.env.VOIPCRM_TOKEN}` } });
const visitor = createClient<paths>({ baseUrl });

function good<T>(answer: { data?: T; error?: Refusal }): T {
  assert(answer.data !== undefined, JSON.stringify(answer.error));
  return answer.data;
}

function refused(answer: { error?: Refusal; response: Response }): { status: number; code: string; field: string | undefined } {
  assert(answer.error, "this was to be refused");
  assert.equal(typeof answer.error.detail, "string");
  return { status: answer.response.status, code: answer.error.code, field: answer.error.field };
}

async function log(description: string): Promise<Call> {
  const body = { number_from: "+48501502503", status: "BUSY", kind: "incoming", description } as const;
  return good(await crm.POST("/voip/calls.json", { body }));
}

async function readAll(perPage: number): Promise<Call[]> {
  const found: Call[] = [];
  let cursor: string | undefined;
  do {
    const query = { per_page: perPage, status: "BUSY", ...(cursor === undefined ? {} : { cursor }) };
    const page = good(await crm.GET("/voip/calls.json", { params: { query } }));
    assert(page.results.length <= perPage);
    found.push(...page.results);
    cursor = page.next === null ? undefined : new URL(page.next).searchParams.get("cursor") ?? undefined;
  } while (cursor !== undefined);
  return found;
}

async function keepTheLog(): Promise<void> {
  const logged = [await log("first"), await log("second"), await log("third")];
  const ids = logged.map((call) => call.id);
  assert.deepEqual((await readAll(2)).map((call) => call.id).sort(), [...ids].sort());

  const path = { id: ids[0] as number };
  const flat = good(await crm.PATCH("/voip/calls/{id}.json", { params: { path }, body: { client_id: 7 } }));
  const wrapped = good(await crm.PATCH("/voip/calls/{id}.json", { params: { path }, body: { call: { description: "changed" } } }));
  assert.deepEqual([flat.client_id, wrapped.client_id, wrapped.description], [7, 7, "changed"]);
  const nobody = good(await crm.GET("/voip/calls.json", { params: { query: { client_id: "null" } } }));
  assert(nobody.results.every((call) => call.client_id === null));

  const gone = await crm.DELETE("/voip/calls/{id}.json", { params: { path } });
  assert.equal(gone.response.status, 204);
  assert.deepEqual(refused(await crm.GET("/voip/calls/{id}.json", { params: { path } })), { status: 404, code: "not_found", field: undefined });
}

async function beRefused(): Promise<void> {
  const wrong = await crm.POST("/voip/calls.json", { body: { duration: -1 } });
  assert.deepEqual(refused(wrong), { status: 400, code: "min_value", field: "duration" });
  // @ts-expect-error: a number is not written as a text, and the client says so before the product does
  const mistyped = await crm.POST("/voip/calls.json", { body: { duration: "long" } });
  assert.equal(refused(mistyped).field, "duration");
  const stranger = await visitor.GET("/voip/calls.json");
  assert.deepEqual(refused(stranger), { status: 401, code: "not_authenticated", field: undefined });
  const unknown = await crm.POST("/voip/calls/make_call.json", { body: { sip: "999", number_to: "+48501502503" } });
  assert.deepEqual(refused(unknown), { status: 400, code: "cannot_dial", field: "sip" });
}

async function call(): Promise<void> {
  const request = {
    body: { sip: "101", number_to: "+48501502501" },
    params: { header: { "Idempotency-Key": randomUUID() } },
  };
  const asked = await crm.POST("/voip/calls/make_call_integrate.json", request);
  const again = await crm.POST("/voip/calls/make_call_integrate.json", request);
  assert.deepEqual([asked.response.status, again.response.status], [201, 200]);
  const path = { id: good(asked).id };
  assert.equal(good(again).id, path.id);
  for (const until = Date.now() + 60_000; ; await pause(100)) {
    const { status, duration, reason } = good(await crm.GET("/voip/calls/{id}.json", { params: { path } }));
    if (status === "ANSWERED") return assert.equal(duration, 12);
    assert(status === "QUEUED" || status === "DIALING" || status === "RINGING" || status === "IN PROGRESS", `${status} ${reason}`);
    assert(Date.now() < until, `still ${status}`);
  }
}

async function ask(): Promise<void> {
  const widget_token = process.env.WIDGET_TOKEN ?? "";
  const shown = good(await visitor.GET("/voip/widget_data.json", { params: { query: { widget_token } } }));
  assert(shown.active, "the widget is switched on");
  assert.equal(typeof shown.texts, "object");
  const premium = { widget_token, autocall: { number: "+48701234567" } };
  assert.equal(refused(await visitor.POST("/voip/autocalls/create_from_widget", { body: premium })).code, "number_refused");
  const promise = good(await visitor.POST("/voip/autocalls/create_from_widget", { body: { widget_token, autocall: { number: "+48501502509" } } }));
  assert.equal(promise.number.replaceAll(/\s/g, ""), "+48501502509");
}

await keepTheLog();
await beRefused();
await call();
await ask();
console.log("all as the reference says");
