// What people do on pages, over and over: sending a form, bringing a file, finding a case on a desk.

/** Sends a form by its first button, and waits for the page that it leads to. */
export async function send(page, form) {
  const button = page.locator(form).first().locator("button").first();
  await Promise.all([page.waitForEvent("load"), button.click()]);
}

/** A PDF of one page that says which it is. */
export function paper(name) {
  const drawing = `BT /F1 24 Tf 40 400 Td (${name}) Tj ET 0 0 1 RG 30 30 240 340 re S`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 440] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${drawing.length} >>\nstream\n${drawing}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  const body = objects.map((object, at) => `${at + 1} 0 obj\n${object}\nendobj\n`).join("");
  const buffer = Buffer.from(`%PDF-1.4\n${body}trailer << /Size 6 /Root 1 0 R >>\n%%EOF\n`);
  return { name: `${name}.pdf`, mimeType: "application/pdf", buffer };
}

/** Looks through an officer's desk, page by page, until the case stands there; takes its step where nobody has. */
export async function onDesk(page, case_, step) {
  await page.goto("/desk");
  while ((await page.locator(`#work a[href="/cases/${case_}"]`).count()) === 0) {
    const more = page.locator("main p > a.button.second").last();
    if ((await more.count()) === 0) throw new Error(`${case_} stands on no page of the desk: ${page.url()}`);
    await Promise.all([page.waitForEvent("load"), more.click()]);
  }
  const take = page.locator(`form[action="/cases/${case_}/steps/${step}/take"] button`);
  if (step && (await take.count()) > 0) await Promise.all([page.waitForEvent("load"), take.click()]);
}
