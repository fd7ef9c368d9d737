// Checks a licence with nothing of Daftar's: check.mjs FILE [--time SECONDS] [--at HOST:PORT]; prints how it stands.
import { readFile } from "node:fs/promises";
import { createHash, webcrypto } from "node:crypto";
import { parseArgs } from "node:util";
import { SDJwtInstance } from "@sd-jwt/core";
import { getListFromStatusListJWT } from "@sd-jwt/jwt-status-list";

const option = { type: "string" };
const { values: asked, positionals } = parseArgs({ options: { time: option, at: option }, allowPositionals: true });

async function get(url) {
  const at = new URL(url);
  const answer = await fetch(asked.at ? `http://${asked.at}${at.pathname}${at.search}` : at);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer;
}

const json = (part) => JSON.parse(Buffer.from(part, "base64url").toString());

// Whether the issuer signed these bytes: its keys are at the well-known address.
async function verified(issuer, kid, data, signature) {
  const { issuer: same, jwks } = await (await get(`${issuer}/.well-known/jwt-vc-issuer`)).json();
  const jwk = jwks.keys.find((key) => same === issuer && key.kid === kid);
  if (!jwk) return false;
  const key = await webcrypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  const how = { name: "ECDSA", hash: "SHA-256" };
  return webcrypto.subtle.verify(how, key, Buffer.from(signature, "base64url"), Buffer.from(data));
}

const credential = (await readFile(positionals[0], "utf8")).trim();
const [header, body] = credential.split(".");
const { kid, typ } = json(header);
const { iss, status } = json(body);
const library = new SDJwtInstance({
  verifier: (data, signature) => verified(iss, kid, data, signature),
  hasher: (data, algorithm) => createHash(algorithm.replace("-", "")).update(Buffer.from(data)).digest(),
  hashAlg: "sha-256",
});
const { payload } = await library.verify(credential);
if (typ !== "dc+sd-jwt" || payload.vct !== `${iss}/credentials/licence`) throw new Error("not a licence");

const { uri, idx } = status.status_list;
const token = await (await get(asked.time ? `${uri}?time=${asked.time}` : uri)).text();
const [head, claims, signature] = token.split(".");
const listed = json(claims);
const believed = json(head).typ === "statuslist+jwt" && listed.sub === uri && listed.exp > Date.now() / 1000;
if (!believed || !(await verified(iss, json(head).kid, `${head}.${claims}`, signature))) throw new Error("not its list");
const stands = ["valid", "invalid", "suspended"][getListFromStatusListJWT(token).getStatus(idx)];
console.log(payload.licence, stands, payload.holder ?? "-");
