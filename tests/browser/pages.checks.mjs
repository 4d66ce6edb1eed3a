// The report and the book, opened from disk with the network off.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readdirSync } from "node:fs";
import { accessible, equal, expect, fitsItsWidth, focusIsSeen, nothingWrong, open, schemes, scrollThrough, viewports, work } from "./support.mjs";

const url = (...path) => pathToFileURL(join(work, ...path)).href;
const report = url("report", "index.html");
const bookPages = () => readdirSync(join(work, "site")).filter(name => name.endsWith(".html")).sort();

/** Every figure has come to be an SVG with something of its data in it. */
const figuresAreDrawn = async page => {
  await scrollThrough(page);
  await page.waitForFunction(() => [...document.querySelectorAll("[data-plot]")].every(plot => plot.querySelector("svg.main-svg")), null, { timeout: 30_000 });
  const empty = await page.evaluate(() => [...document.querySelectorAll("[data-plot]")].filter(plot => {
    const marks = plot.querySelectorAll(".trace path, .heatmaplayer image, .bars path, .contourlayer path");
    const box = plot.getBoundingClientRect();
    return marks.length === 0 || box.width < 100 || box.height < 100;
  }).map(plot => plot.dataset.plot));
  expect(empty.length === 0, "figures without anything drawn: " + empty.join(", "));
  // Keys and titles are inside, and no title runs over the panel beside it.
  const lost = await page.evaluate(() => [...document.querySelectorAll("[data-plot]")].flatMap(plot => {
    const frame = plot.getBoundingClientRect(), notes = [...plot.querySelectorAll(".annotation-text")].map(n => n.getBoundingClientRect());
    const outside = [...plot.querySelectorAll(".legend, .annotation-text, .gtitle")].filter(e => {
      const r = e.getBoundingClientRect();
      return r.width > 0 && (r.left < frame.left - 1 || r.right > frame.right + 1 || r.top < frame.top - 1 || r.bottom > frame.bottom + 1);
    });
    const over = notes.filter((r, k) => notes.some((o, j) => j > k && r.left < o.right - 5 && o.left < r.right - 5 && r.top < o.bottom - 3 && o.top < r.bottom - 3));
    return [...outside.map(e => `${plot.dataset.plot}: ${e.textContent.slice(0, 30)} is cut off`), ...over.map(() => `${plot.dataset.plot}: labels run over one another`)];
  }));
  expect(lost.length === 0, [...new Set(lost)].slice(0, 4).join("; ") + ` (${lost.length})`);
  return page.evaluate(() => document.querySelectorAll("[data-plot]").length);
};

/** Formulas are MathML with a size, and no TeX is left for a reader to see. */
const formulasAreDrawn = async page => {
  const { count, flat, raw } = await page.evaluate(() => {
    document.querySelectorAll("details").forEach(d => { d.open = true; });
    const shown = [...document.querySelectorAll("math")];
    const prose = [...document.querySelectorAll("main p, main li, main h1, main h2, main h3, main td, main figcaption p")].map(e => {
      const copy = e.cloneNode(true);
      copy.querySelectorAll("math, code, pre").forEach(m => m.remove());
      return copy.textContent;
    });
    return {
      count: shown.length,
      flat: shown.filter(m => m.getBoundingClientRect().width < 2 || m.getBoundingClientRect().height < 5).map(m => m.textContent),
      raw: prose.filter(text => /\$[^$]+\$|\\(frac|sigma|eta|mathrm|text|xi|mu|ell|sum)\b/.test(text)).map(text => text.trim().slice(0, 60)),
    };
  });
  expect(flat.length === 0, `formulas without a size: ${flat.slice(0, 3).join(" | ")}`);
  expect(raw.length === 0, `TeX left as text: ${raw.slice(0, 3).join(" | ")}`);
  return count;
};

const checks = [];
const check = (name, run) => checks.push([name, run]);

for (const viewport of Object.keys(viewports))
  for (const scheme of schemes)
    check(`report: ${viewport}, ${scheme}: offline, every figure, formulas, width, axe`, async browser => {
      const { page, wrong, close } = await open(browser, report, { viewport, scheme });
      expect(await figuresAreDrawn(page) >= 5, "the report has fewer than 5 figures");
      await fitsItsWidth(page);
      await page.screenshot({ path: join(work, `report-${viewport}-${scheme}.png`), fullPage: true });
      expect(await formulasAreDrawn(page) > 0, "the report has no formula");
      await fitsItsWidth(page);
      await accessible(page, "report");
      nothingWrong(wrong);
      await close();
    });

check("report: keyboard: skip link, theme, contents, wide tables, details", async browser => {
  const { page, wrong, close } = await open(browser, report);
  await page.keyboard.press("Tab");
  equal(await page.evaluate(() => document.activeElement.className), "skip", "the first stop");
  const skip = await page.locator(".skip").boundingBox();
  expect(skip.x >= 0 && skip.y >= 0, "the skip link has the focus and is out of sight");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.id === "content");
  await page.locator("#theme").focus();
  const before = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.keyboard.press("Enter");
  const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(before !== dark, "the theme button does nothing by keyboard");
  // Anew, or the browser goes on from where the focus was.
  await page.goto("about:blank");
  await page.goto(report);
  equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), dark, "the ground after the page is loaded again");
  await page.keyboard.press("Tab");
  // Through the whole page, its end and back to the browser: every stop is seen, and none holds the focus.
  let last = "nothing";
  for (let k = 0; k < 600; k++) {
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      if (e === document.body || e.dataset.reached) return null;
      e.dataset.reached = "yes";
      return e.outerHTML.slice(0, 80);
    });
    if (at === null) break;
    expect(await focusIsSeen(page), `the focus cannot be seen on ${at}`);
    last = at;
    await page.keyboard.press("Tab");
  }
  const unreached = await page.evaluate(() => [...document.querySelectorAll("a[href], button, summary, input, .wide[tabindex]")].filter(e => e.checkVisibility() && !e.dataset.reached).map(e => e.outerHTML.slice(0, 60)));
  expect(unreached.length === 0, `no Tab leads to ${unreached.slice(0, 3).join(", ")} (${unreached.length}); the last stop was ${last}`);
  const summary = page.locator("main summary").first();
  await summary.focus();
  await page.keyboard.press("Enter");
  expect(await summary.evaluate(s => s.parentElement.open), "Enter does not unfold details");
  nothingWrong(wrong);
  await close();
});

check("report: a wide table scrolls by keyboard on a phone", async browser => {
  const { page, close } = await open(browser, report, { viewport: "phone" });
  const moved = await page.evaluate(async () => {
    const wide = [...document.querySelectorAll(".wide")].find(w => w.scrollWidth > w.clientWidth + 40);
    if (!wide) return null;
    wide.focus();
    return wide.id;
  });
  expect(moved !== null, "no table is wider than a phone");
  for (let k = 0; k < 3; k++) await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.activeElement.scrollLeft > 0, null, { timeout: 3000 });
  await close();
});

check("report: printed, it holds every figure and no dark ground", async browser => {
  const { page, wrong, close } = await open(browser, report, { scheme: "dark" });
  const width = () => page.evaluate(() => document.querySelector("[data-plot] svg.main-svg").clientWidth);
  await page.waitForFunction(() => document.querySelector("[data-plot] svg.main-svg"));
  const onScreen = await width();
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  await page.waitForFunction(() => [...document.querySelectorAll("[data-plot]")].every(plot => plot.querySelector("svg.main-svg")));
  // A4 between margins of 16 mm, in CSS pixels.
  const room = (210 - 2 * 16) / 25.4 * 96;
  const wide = await page.evaluate(most => [...document.querySelectorAll("[data-plot] svg.main-svg")].filter(svg => svg.clientWidth > most).length, room);
  expect(wide === 0, `${wide} figures are wider than the paper`);
  equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)", "the printed ground");
  const pale = await page.evaluate(() => [...document.querySelectorAll("main p, main td, main th, main h2, main figcaption, main a, main caption")].filter(e => {
    const [r, g, b] = getComputedStyle(e).color.match(/[\d.]+/g).map(Number);
    return e.checkVisibility() && 0.299 * r + 0.587 * g + 0.114 * b > 130;
  }).map(e => e.tagName + ": " + e.textContent.trim().slice(0, 30)));
  expect(pale.length === 0, `too pale for paper: ${pale.slice(0, 3).join(", ")} (${pale.length})`);
  await page.pdf({ path: join(work, "report.pdf"), format: "A4", printBackground: true });
  await page.emulateMedia({ media: "screen" });
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await page.waitForFunction(before => document.querySelector("[data-plot] svg.main-svg").clientWidth === before, onScreen);
  nothingWrong(wrong);
  await close();
});

for (const viewport of Object.keys(viewports))
  for (const scheme of schemes)
    check(`book: ${viewport}, ${scheme}: index and two notebooks: offline, figures, formulas, width, axe`, async browser => {
      for (const name of ["index.html", "00-start-here.html", "03-stage-1.html"]) {
        const { page, wrong, close } = await open(browser, url("site", name), { viewport, scheme });
        expect(await figuresAreDrawn(page) > 0 || name === "index.html", `${name} has no figure`);
        await page.screenshot({ path: join(work, `book-${name.replace(".html", "")}-${viewport}-${scheme}.png`), fullPage: true });
        await formulasAreDrawn(page);
        await fitsItsWidth(page);
        await accessible(page, name);
        nothingWrong(wrong);
        await close();
      }
    });

check("book: every page fits a phone, draws its figures and formulas, and asks for nothing", async browser => {
  for (const name of bookPages()) {
    const { page, wrong, close } = await open(browser, url("site", name), { viewport: "phone" });
    await figuresAreDrawn(page).catch(e => { throw new Error(`${name}: ${e.message}`); });
    await formulasAreDrawn(page).catch(e => { throw new Error(`${name}: ${e.message}`); });
    await fitsItsWidth(page);
    expect(wrong.length === 0, `${name}: ${wrong.join("; ")}`);
    await close();
  }
});

check("book: a claim is found by keyboard, and the pages lead on", async browser => {
  const { page, wrong, close } = await open(browser, url("site", "index.html"));
  await page.keyboard.press("Tab");
  while (await page.evaluate(() => document.activeElement.type !== "search" && document.activeElement !== document.body)) await page.keyboard.press("Tab");
  await page.keyboard.type("stage1.ends-first");
  await page.waitForFunction(() => document.querySelector(".search ol a"));
  await page.keyboard.press("ArrowDown");
  expect(await focusIsSeen(page), "the place found has the focus and does not show it");
  await page.keyboard.press("Enter");
  await page.waitForURL(/03-stage-1\.html#claim-stage1\.ends-first$/);
  const at = await page.locator("[id='claim-stage1.ends-first']").boundingBox();
  expect(at && at.y >= 0 && at.y < viewports.desktop.height, "the claim is not in sight");
  await page.locator("a[rel=next]").focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/04-.*\.html$/);
  nothingWrong(wrong);
  await close();
});

export default checks;
