// What both walks share: a browser without any network but the city's, signing in, pictures, and what holds for every page.
import { chromium } from "playwright-core";
import { readFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LARGEST = 100_000;
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

export const failures = [];

export function fail(where, what) {
  failures.push(`${where}: ${what}`);
  console.error(`FAILED ${where}: ${what}`);
}

export async function open(executablePath) {
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/** A browser of one person. What leaves the city, breaks the policy or fails in a script is a failure. */
export async function person(browser, base, { lang, phone, javaScriptEnabled = true }) {
  const viewport = phone ? { width: 390, height: 844 } : { width: 1280, height: 900 };
  // axe is put into the page by us, past the policy; whether the policy holds is asked by a browser without bypass.
  const locale = lang === "fa" ? "fa-IR" : "en-GB";
  const context = await browser.newContext({ viewport, locale, javaScriptEnabled, bypassCSP: javaScriptEnabled, baseURL: base });
  await context.addCookies([{ name: "daftar-lang", value: lang, url: base }]);
  const page = await context.newPage();
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== base) fail(page.url(), `asks another host: ${url.origin}`);
  });
  page.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) fail(page.url(), message.text());
  });
  page.on("pageerror", (error) => fail(page.url(), `script: ${error.message}`));
  return { context, page, lang, phone };
}

/** Signs in at the built-in provider as one of the people of its list. */
export async function signIn({ page }, account) {
  await page.goto("/signin?back=/");
  await page.locator(`button[name=account][value="${account}"]`).click();
  await page.waitForURL((url) => url.pathname === "/");
}

/** What must hold for every page: language, direction, title, one heading, weight, WCAG 2.2 AA. */
export async function check({ page, lang }, where, options = {}) {
  const about = await page.evaluate(() => ({
    lang: document.documentElement.lang,
    dir: document.documentElement.dir,
    title: document.title,
    headings: document.querySelectorAll("h1").length,
    styled: document.querySelectorAll("[style], style, script:not([src])").length,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    weight: performance.getEntriesByType("navigation")[0].transferSize +
      performance.getEntriesByType("resource").filter((one) => one.name.includes(".css") || one.name.includes(".js"))
        .reduce((all, one) => all + one.decodedBodySize, 0),
  }));
  // The made-up accounts are a page of the sign-in provider's, which has both languages on it and begins with Persian.
  const wanted = new URL(page.url()).pathname.startsWith("/built-in-sign-in") ? "fa" : lang;
  if (about.lang !== wanted) fail(where, `lang is ${about.lang}`);
  if (about.dir !== (wanted === "fa" ? "rtl" : "ltr")) fail(where, `dir is ${about.dir}`);
  if (!about.title) fail(where, "no title");
  if (about.headings !== 1) fail(where, `${about.headings} headings of the first level`);
  if (about.styled) fail(where, `${about.styled} styles or scripts in the page`);
  if (about.wide > 1) fail(where, `${about.wide} pixels wider than the screen`);
  if (about.weight > LARGEST) fail(where, `${about.weight} bytes with its styles`);
  if (options.axe === false) return about;
  await page.evaluate(axe);
  const found = await page.evaluate((tags) => axe.run(document, { runOnly: tags, resultTypes: ["violations"] }), TAGS);
  for (const one of found.violations) {
    fail(where, `axe ${one.id}: ${one.help} at ${one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")}`);
  }
  return about;
}

/** Keeps a picture for a person to look at. */
export async function picture({ page }, folder, name) {
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

export function finish(what) {
  if (failures.length > 0) {
    console.error(`${failures.length} failures`);
    process.exit(1);
  }
  console.log(what);
}
