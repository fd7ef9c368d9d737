// Looks at every kind of page that somebody can reach by links, as each kind of person, in both languages, on a phone and on
// a desk: pages.mjs BASE CHROMIUM PICTURES LANGUAGE ACCOUNT...   ("-" is somebody who is not signed in)
import { check, fail, finish, open, person, picture, signIn } from "./browser.mjs";

const [base, executable, pictures, lang, ...accounts] = process.argv.slice(2);
// So many pages of one kind are enough; the rest differ in their rows.
const OF_A_KIND = 2;
const MOST = 60;

/** `/cases/1405-000012/bill` and `/cases/1405-000013/bill` are one kind of page. */
function kind(path) {
  return path.split("/").map((part) => (/\d/.test(part) || part.length > 40 ? "*" : part)).join("/");
}

async function walk(browser, account) {
  for (const phone of [true, false]) {
    const who = await person(browser, base, { lang, phone });
    if (account !== "-") await signIn(who, account);
    const seen = new Map();
    const waiting = ["/"];
    const known = new Set(waiting);
    let count = 0;
    while (waiting.length > 0 && count < MOST) {
      const address = waiting.shift();
      const path = new URL(address, base).pathname;
      const of = kind(path);
      if ((seen.get(of) ?? 0) >= OF_A_KIND) continue;
      const where = `${account} ${lang} ${phone ? "phone" : "desk"} ${address}`;
      const answer = await who.page.goto(address, { waitUntil: "load" });
      if (!answer.headers()["content-type"]?.startsWith("text/html")) continue;
      seen.set(of, (seen.get(of) ?? 0) + 1);
      count += 1;
      if (answer.status() >= 400) fail(where, `answers ${answer.status()}`);
      // A second of the same kind differs in its rows only.
      await check(who, where, { axe: seen.get(of) === 1 });
      if (seen.get(of) === 1) {
        const name = of.replaceAll("/", "_").replaceAll("*", "x");
        await picture(who, `${pictures}/${account === "-" ? "anybody" : account}`, `${name || "_"}-${lang}-${phone ? "phone" : "desk"}`);
      }
      const links = await who.page.$$eval("a[href]:not([download])", (all) => all.map((a) => a.href));
      for (const link of links) {
        const url = new URL(link);
        const skip = /^\/(lang|signin|signout|openapi.json)/.test(url.pathname) || /\.(pdf|csv|json)$/.test(url.pathname);
        const address = url.pathname + url.search;
        if (url.origin === base && !skip && !known.has(address)) {
          known.add(address);
          waiting.push(address);
        }
      }
    }
    console.log(`${account} ${lang} ${phone ? "phone" : "desk"}: ${count} pages of ${seen.size} kinds: ${[...seen.keys()].join(" ")}`);
    await who.context.close();
  }
}

const browser = await open(executable);
for (const account of accounts) await walk(browser, account);
await browser.close();
finish("every page is well");
