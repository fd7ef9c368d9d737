// A building permit from the first page to the check of the licence, in Persian: the citizen on a phone, each officer at a
// desk, with every page kept as a picture: journey.mjs BASE CHROMIUM PICTURES CITIZEN PARCEL [noscript]
import { check, fail, finish, open, person, picture } from "./browser.mjs";
import { onDesk, paper, send } from "./steps.mjs";

const [base, executable, pictures, account, parcel, noscript] = process.argv.slice(2);
const javaScriptEnabled = noscript !== "noscript";
const folder = `${pictures}/journey${javaScriptEnabled ? "" : "-noscript"}`;
const SERVICE = "building-permit";

const browser = await open(executable);
const people = new Map();
let count = 0;

/** Everything that is seen is checked and kept. */
async function look(who, name) {
  count += 1;
  // axe is a script; what it says is said by the walk with scripts.
  await check(who, name, { axe: javaScriptEnabled });
  await picture(who, folder, `${String(count).padStart(2, "0")}-${name}`);
}

/** A browser that is only opened, or one in which somebody is signed in. */
async function browse(phone) {
  return person(browser, base, { lang: "fa", phone, javaScriptEnabled });
}

async function officer(account) {
  if (!people.has(account)) {
    const who = await browse(false);
    await who.page.goto("/signin?back=/desk");
    await who.page.locator(`button[name=account][value="${account}"]`).click();
    await who.page.waitForURL("**/desk");
    people.set(account, who);
  }
  return people.get(account);
}

/** An officer finds the case on the desk, takes it where nobody has, and sends the form of one act. */
async function act(account, case_, name, { take, fill = {}, papers = [], picture: kept = true } = {}) {
  const who = await officer(account);
  await onDesk(who.page, case_, take);
  if (take && kept) await look(who, `${account}-desk`);
  await who.page.goto(`/cases/${case_}`);
  for (const kind of papers) {
    await who.page.locator(`form[action$="/acts/${name}"] a[href$="/documents/${kind}"]`).click();
    await who.page.locator("#file").setInputFiles(paper(kind));
    await send(who.page, `form[action*="/documents/${kind}?"]`);
    await who.page.waitForURL("**waiting=yes");
    await look(who, `${account}-${kind}`);
    await who.page.locator(`main a[href="/cases/${case_}"]`).first().click();
  }
  const details = who.page.locator(`details:has(form[action$="/acts/${name}"])`);
  if ((await details.getAttribute("open")) === null) await details.locator("summary").first().click();
  for (const [field, value] of Object.entries(fill)) {
    for (const one of [value].flat()) {
      const input = details.locator(`[name="${name}-${field}"]`);
      if (field === "note") await input.fill(one);
      else await details.locator(`[name="${name}-${field}"][value="${one}"]`).check();
    }
  }
  if (kept) await look(who, `${account}-${name}`);
  await details.locator("button").click();
  await who.page.waitForURL((url) => url.pathname === `/cases/${case_}`);
  if (!(await who.page.locator(".notice.good").first().textContent()).includes("ثبت شد")) fail(name, "is not said to be done");
  return who;
}

/** From the list of services to a case: signing in on the way, a mistake on each page, documents one by one. */
async function apply(who) {
  const { page } = who;
  await page.goto("/");
  await look(who, "home");
  await page.locator('main a[href="/services"]').click();
  await look(who, "services");
  await page.locator(`a[href="/services/${SERVICE}"]`).click();
  await look(who, "service");
  await page.locator(`a[href="/apply/${SERVICE}"]`).click();
  await look(who, "sign-in");
  await page.locator(`button[name=account][value="${account}"]`).click();
  await page.waitForURL(`**/apply/${SERVICE}/who`);
  await page.locator("#name").fill("");
  await send(page, 'form[action$="/who"]');
  await wrong(who, "who", "name");
  await page.locator("#name").fill("نمونه ساختگی");
  await page.locator("#mobile").fill("۰۹۱۲۱۲۳۴۵۶۷");
  await send(page, 'form[action$="/who"]');
  await page.waitForURL("**/place");
  await page.locator("#parcel").fill(parcel);
  await send(page, 'form[action$="/place"]');
  await wrong(who, "place", "district");
  await page.locator("#district").selectOption("3");
  await send(page, 'form[action$="/place"]');
  await page.waitForURL("**/facts");
  await facts(who, "۹۰۰۰");
  await wrong(who, "facts", null);
  await facts(who, "۶۰۰");
  await page.waitForURL("**/documents");
  await send(page, `form[action="/apply/${SERVICE}/documents"]`);
  await wrong(who, "documents", "document-deed");
  for (const kind of ["deed", "identity", "renewal-levy-receipt"]) {
    await page.locator(`#document-${kind}`).setInputFiles(paper(kind));
    await send(page, `form[action*="/documents/${kind}?"]`);
    await page.locator(`#paper-${kind} .badge.good`).waitFor();
  }
  await look(who, "documents");
  await send(page, `form[action="/apply/${SERVICE}/documents"]`);
  await page.waitForURL("**/review");
  await look(who, "review");
  await page.locator("#sure").check();
  await send(page, 'form[action$="/review"]');
  await page.waitForURL("**/cases/*");
  await look(who, "case");
  return new URL(page.url()).pathname.split("/").pop();
}

async function facts({ page }, built) {
  const typed = { "land-area": "۲۵۰", "built-area": built, floors: "۴", dwellings: "۴" };
  for (const [field, value] of Object.entries(typed)) await page.locator(`#fact-${field}`).fill(value);
  await page.locator('[name="fact-use"][value="residential"]').or(page.locator('select[name="fact-use"]')).first()
    .evaluate((field) => field.tagName).then((tag) => tag === "SELECT"
      ? page.locator('select[name="fact-use"]').selectOption("residential")
      : page.locator('[name="fact-use"][value="residential"]').check());
  await send(page, 'form[action$="/facts"]');
}

/** What is wrong is said above the form, and at the field. */
async function wrong(who, where, field) {
  await who.page.locator("#errors").waitFor();
  if (field && !(await who.page.locator(`#${field}-error`).textContent()).trim()) fail(where, `nothing is said at ${field}`);
  await look(who, `${where}-wrong`);
}

/** The officer wants another deed; the citizen brings it. */
async function correct(who, case_) {
  await act("intake-1", case_, "return-file", { take: "file", fill: { corrections: "deed", note: "سند خوانا نیست" } });
  const { page } = who;
  await page.goto("/my");
  await look(who, "my");
  await page.locator(`a[href="/cases/${case_}"]`).click();
  await look(who, "case-returned");
  await page.locator(`main a[href="/cases/${case_}/answer"]`).first().click();
  await send(page, 'form[action$="/answer"]');
  await wrong(who, "answer", null);
  await page.locator(`a[href="/cases/${case_}/documents/deed"]`).first().click();
  await page.locator("#file").setInputFiles(paper("deed-anew"));
  await send(page, 'form[action*="/documents/deed?"]');
  await look(who, "deed-waits");
  await page.locator(`main a[href="/cases/${case_}/answer"]`).click();
  await page.locator("#note").fill("سند خواناتر پیوست شد");
  await look(who, "answer");
  await send(page, 'form[action$="/answer"]');
  await page.waitForURL(`**/cases/${case_}`);
  await look(who, "case-answered");
}

/** Every step until a bill. */
async function through(case_) {
  await act("intake-1", case_, "complete-file", { fill: { checklist: ["deed-matches", "levies-settled"], outcome: "complete" } });
  await act("technical-officer-1", case_, "complete-site-visit",
    { take: "site-visit", fill: { checklist: "street-line", outcome: "conforms" }, papers: ["visit-report"] });
  await act("planner-1", case_, "complete-planning-order",
    { take: "planning-order", fill: { checklist: ["use-allowed", "density-allowed"], outcome: "ordered" } });
  await act("plan-reviewer-1", case_, "complete-plans", { take: "plans",
    fill: { checklist: ["architecture", "structure", "services"], outcome: "approved" },
    papers: ["architectural-plan", "structural-plan", "services-plan"] });
  await act("engineers-1", case_, "complete-supervisor", { take: "supervisor", papers: ["supervisor-undertaking"] });
  await act("agency-fire-1", case_, "answer-fire", { fill: { verdict: "approves" } });
  await act("agency-social-security-1", case_, "answer-social-security",
    { fill: { verdict: "approves-with-conditions", note: "با شرط" } });
  await act("agency-engineers-1", case_, "answer-engineers-body", { fill: { verdict: "approves" } });
  await act("intake-1", case_, "complete-inquiries", { take: "inquiries" });
  await act("revenue-1", case_, "bill", { take: "levies" });
}

async function pay(who, case_) {
  const { page } = who;
  await page.goto(`/cases/${case_}`);
  await look(who, "case-to-pay");
  await page.locator(`main a[href="/cases/${case_}/bill"]`).first().click();
  await look(who, "bill");
  await send(page, `form[action="/cases/${case_}/pay"]`);
  if (!page.url().includes("/test-bank/")) {
    await look(who, "to-the-bank");
    await page.locator("main a.button").click();
  }
  await picture(who, folder, `${String(++count).padStart(2, "0")}-bank`);
  await page.locator('button[name=choice][value="pay"]').click();
  await page.locator(".notice.good").waitFor();
  await look(who, "paid");
  await page.locator(`a[href*="/receipts/"]`).click();
  await look(who, "receipt");
}

async function licence(who, case_) {
  await act("revenue-1", case_, "complete-levies");
  await act("technical-head-1", case_, "complete-draft", { take: "draft", fill: { checklist: "draft-checked" } });
  await act("deputy-1", case_, "grant");
  await act("technical-head-1", case_, "issue");
  const { page } = who;
  await page.goto(`/cases/${case_}`);
  await look(who, "case-issued");
  await page.locator('main a[href^="/licences/"]').first().click();
  await look(who, "licence");
  const number = new URL(page.url()).pathname.split("/").pop();
  const pdf = await who.context.request.get(`/licences/${number}/licence.pdf`);
  if (!(await pdf.body()).subarray(0, 5).equals(Buffer.from("%PDF-"))) fail("licence", "is no PDF");
  const anybody = await browse(true);
  await anybody.page.goto("/check");
  await look(anybody, "check");
  await anybody.page.locator("#number").fill(number.replace(/\d/g, (digit) => "۰۱۲۳۴۵۶۷۸۹"[digit]));
  await send(anybody.page, 'form[method="get"]');
  await anybody.page.locator("section .notice.good").waitFor();
  await look(anybody, "checked");
}

const citizen = await browse(true);
const case_ = await apply(citizen);
await correct(citizen, case_);
await through(case_);
await pay(citizen, case_);
await licence(citizen, case_);
await browser.close();
finish(`${case_}: ${count} pages from the application to the check of the licence`);
