// Prints what a department is told, as it happens: subscribe.mjs NATS CITY DEPARTMENT [FILE]; goes on where FILE says.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";

const [url, city, department, file = "position.txt"] = process.argv.slice(2);
const { protocol, host, username: user, password: pass } = new URL(url);
const connection = await connect({ servers: `${protocol}//${host}`, ...(user && { user, pass }), maxReconnectAttempts: -1 });
let last = existsSync(file) ? Number(readFileSync(file, "utf8")) : -1;
const ask = JSON.stringify({ position: last + 1 });
const found = (await connection.request(`daftar.${city}.seek.${department}`, ask, { timeout: 10_000 })).json();
const consumer = await jetstream(connection).consumers.get(found.stream, { opt_start_seq: found.sequence });
for await (const message of await consumer.consume()) {
  const position = Number(message.headers.get("ce-sequence"));
  if (position <= last) continue; // delivered again
  const { step, agency, procedure, ...body } = message.json();
  const thing = step ?? agency ?? procedure ?? body;
  const title = thing.title?.fa ?? thing.id ?? "";
  console.log(position, message.headers.get("ce-subject") || city, message.headers.get("ce-type"), title);
  writeFileSync(`${file}.new`, String((last = position)));
  renameSync(`${file}.new`, file); // a kill never leaves half a number
}
