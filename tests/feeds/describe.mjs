// Reads the description of the feeds, and events by it, as anybody's tools do: describe.mjs ASYNCAPI EVENTS; an event a line.
import { readFile } from "node:fs/promises";
import { Parser } from "@asyncapi/parser";
import Ajv from "ajv";
import { HTTP } from "cloudevents";

const [description, events] = await Promise.all(process.argv.slice(2, 4).map((file) => readFile(file, "utf8")));
const { document, diagnostics } = await new Parser().parse(description);
const wrong = diagnostics.filter((found) => found.severity < 2).map(({ path, message }) => `${path.join(".")}: ${message}`);
if (!document) throw new Error(wrong.join("\n"));
const ajv = new Ajv({ strict: false, validateFormats: false });
const told = document.allMessages().all().filter((message) => message.headers()); // the others are questions and answers
const messages = new Map(told.map((message) => {
  const type = message.headers().json().properties["ce-type"].const;
  return [type, { headers: ajv.compile(message.headers().json()), payload: ajv.compile(message.payload().json()) }];
}));
const kinds = new Set();
for (const line of events.trim().split("\n")) {
  const { headers, body } = JSON.parse(line);
  const event = HTTP.toEvent({ headers: { ...headers, "content-type": headers["ce-datacontenttype"] }, body });
  event.validate();
  const known = messages.get(event.type);
  if (!known) wrong.push(`${event.type} is not described`);
  else if (!known.headers(headers)) wrong.push(`${event.id} ${event.type}: ${ajv.errorsText(known.headers.errors)}`);
  else if (!known.payload(event.data)) wrong.push(`${event.id} ${event.type}: ${ajv.errorsText(known.payload.errors)}`);
  kinds.add(event.type);
}
console.log(wrong.join("\n") || `AsyncAPI ${document.version()}: ${messages.size} messages, ${kinds.size} kinds of events read`);
process.exit(wrong.length && 1);
