// The explorer, driven by mouse and keyboard; what it writes is read back by the program.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { accessible, equal, expect, explore, fitsItsWidth, focusIsSeen, nothingWrong, open, schemes, viewports, work, workbook } from "./support.mjs";

const panels = 8;

/** Waits until what is shown is the setting that the controls hold, drawn, with its summary in words. */
const settled = async (page, side = "a") => {
  await page.evaluate(name => { delete document.getElementById("side-" + name).dataset.seen; }, side);
  await page.waitForFunction(name => {
    const box = document.getElementById("side-" + name), took = box.querySelector(".took").textContent;
    if (took === "" || box.querySelector(".summary").textContent === "") return false;
    if (box.dataset.seen !== took + redraws.length) { box.dataset.seen = took + redraws.length; box.dataset.since = performance.now(); return false; }
    // Longer than the quiet that a summary waits for.
    return performance.now() - box.dataset.since > 600;
  }, side, { timeout: 30_000, polling: 50 });
};

const run = (page, side = "a") => page.evaluate(name => /run (\w{12})/.exec(document.querySelector(`#side-${name} .took`).textContent)?.[1], side);
const settings = (page, side = "a") => page.evaluate(name => Object.fromEntries([...document.querySelectorAll(`#side-${name} .exact`)].map(e => [e.id.replace(/^.-|-exact$/g, ""), e.value])
  .concat([["optimizer", document.getElementById(name + "-optimizer").value]])), side);
const drawn = page => page.evaluate(() => [...document.querySelectorAll(".side:not([hidden]) canvas")].filter(canvas => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let k = 0; k < data.length; k += 4) if (data[k + 3] > 200) colours.add(data[k] << 16 | data[k + 1] << 8 | data[k + 2]);
  // A ground, a grid, letters, and at least one line: text alone is grey.
  return [...colours].some(c => Math.max(c >> 16, c >> 8 & 255, c & 255) - Math.min(c >> 16, c >> 8 & 255, c & 255) > 60);
}).length);
const said = async (page, pattern) => {
  await page.waitForFunction(source => new RegExp(source).test(document.getElementById("said").textContent), pattern.source, { timeout: 60_000 });
  return pattern.exec(await page.locator("#said").textContent())[1];
};

const folder = join(work, "explored");
let server = null;
const start = async () => (server ??= await explore(folder)).address;
export const finish = () => server?.stop();

const checks = [];
const check = (name, body) => checks.push([name, async browser => {
  const home = await start();
  const opened = [];
  const visit = async (options = {}, path = "") => {
    const made = await open(browser, home + path, { home, ...options });
    opened.push(made);
    await settled(made.page);
    return made.page;
  };
  const result = await body(visit, home);
  for (const { wrong, close } of opened) {
    nothingWrong(wrong);
    await close();
  }
  return result;
}]);

for (const viewport of Object.keys(viewports))
  for (const scheme of schemes)
    check(`explorer: ${viewport}, ${scheme}: every panel, width, axe, alone and side by side`, async visit => {
      const page = await visit({ viewport, scheme });
      equal(await drawn(page), panels, "panels drawn");
      await fitsItsWidth(page);
      await page.screenshot({ path: join(work, `explorer-${viewport}-${scheme}.png`), fullPage: true });
      await accessible(page, "one setting");
      await page.locator("#compare").check();
      await settled(page, "b");
      equal(await drawn(page), 2 * panels, "panels drawn side by side");
      await fitsItsWidth(page);
      await page.screenshot({ path: join(work, `explorer-two-${viewport}-${scheme}.png`), fullPage: true });
      await accessible(page, "two settings");
    });

check("explorer: a slider dragged with the mouse redraws while it is held", async visit => {
  const page = await visit();
  // To the next frame after the drawing: what a reader sees.
  await page.evaluate(() => {
    window.seen = [];
    redraws.push = function (time) {
      const drawn = performance.now();
      requestAnimationFrame(() => seen.push(time + performance.now() - drawn));
      return Array.prototype.push.call(this, time);
    };
  });
  const slider = page.locator("#a-sigma_p");
  await slider.scrollIntoViewIfNeeded();
  const box = await slider.boundingBox(), y = box.y + box.height / 2, at = part => box.x + 8 + part * (box.width - 16);
  const drag = async moves => {
    await page.mouse.move(at(0.6), y);
    await page.mouse.down();
    const shown = new Set();
    for (let k = 1; k <= moves; k++) {
      await page.mouse.move(at(0.6 + 0.3 * Math.sin(k / 5)), y);
      await page.waitForTimeout(30);
      shown.add(await run(page));
    }
    await page.mouse.up();
    await settled(page);
    return shown.size;
  };
  // Once to warm up: the server compiles as it goes.
  await drag(40);
  await page.evaluate(() => { redraws.length = 0; seen.length = 0; });
  const shown = await drag(60);
  expect(shown > 5, `only ${shown} different runs were shown while the slider was held`);
  const answered = await page.evaluate(async () => {
    const values = Object.fromEntries([...document.querySelectorAll("#side-a [data-name]")].filter(e => e.type !== "checkbox").map(e => [e.dataset.name, e.type === "range" ? document.getElementById(e.id + "-exact").value : e.value]));
    const bytes = await (await fetch("/api/run?" + new URLSearchParams({ ...values, client: "check" }))).arrayBuffer();
    return JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, new DataView(bytes).getInt32(0, true)))).hash.slice(0, 12);
  });
  equal(await run(page), answered, "the run shown once the slider rests");
  const [redrawn, next] = await page.evaluate(() => [[...redraws], [...seen]]);
  const words = times => { times.sort((a, b) => a - b); return `median ${times[times.length >> 1].toFixed(1)} ms, largest ${times.at(-1).toFixed(1)} ms`; };
  return `${redrawn.length} redraws at figure-1: slider to drawn ${words(redrawn)}; to the frame after it ${words(next)}`;
});

check("explorer: by keyboard: sliders, ends, exact values, what is refused", async visit => {
  // The browser says on the console that a value was refused.
  const page = await visit({ expected: /status of 400/ });
  await page.locator("#a-n").focus();
  expect(await focusIsSeen(page), "a slider with the focus does not show it");
  const before = await run(page);
  await page.keyboard.press("ArrowRight");
  await settled(page);
  equal((await settings(page)).n, "21", "n after one key");
  expect(await run(page) !== before, "the key trains nothing anew");
  equal(await page.locator("#a-n").getAttribute("aria-valuetext"), "21", "the value that is read out");
  // Whole numbers on a logarithmic slider: every key press is another number.
  await page.locator("#a-m_k").focus();
  await page.keyboard.press("Home");
  const values = [(await settings(page)).m_k];
  for (let k = 0; k < 3; k++) { await page.keyboard.press("ArrowRight"); values.push((await settings(page)).m_k); }
  equal(values.join(), "1,2,3,4", "m_k from the low end on");
  await page.locator("#a-n").focus();
  await page.keyboard.press("End");
  equal((await settings(page)).n, "100", "n at its end");
  await page.locator("#a-eta-exact").fill("3.3e-4");
  await page.keyboard.press("Enter");
  await settled(page);
  equal((await settings(page)).eta, "3.3e-4", "eta as typed");
  const kept = await run(page);
  await page.locator("#a-sigma_p-exact").fill("-1");
  await page.keyboard.press("Tab");
  await page.waitForFunction(() => document.getElementById("said").classList.contains("wrong"));
  expect(/^sigma_p is '-1'/.test(await page.locator("#said").textContent()), "the sentence names the value");
  equal(await page.locator("#a-sigma_p-exact").getAttribute("aria-invalid"), "true", "aria-invalid");
  equal(await run(page), kept, "the run shown after a refusal");
  await page.locator("#a-sigma_p-exact").fill("2");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.getElementById("said").textContent === "");
});

check("explorer: two settings stand side by side and move alone", async visit => {
  const page = await visit();
  const first = await run(page);
  await page.locator("#compare").focus();
  await page.keyboard.press("Space");
  await settled(page, "b");
  equal(await run(page, "b"), first, "the second setting at first");
  await page.locator("#b-optimizer").selectOption("adam");
  await settled(page, "b");
  expect(await page.locator("#b-beta2").isVisible(), "Adam's beta2 cannot be set");
  expect(!await page.locator("#a-beta2").isVisible(), "SignGD has a beta2");
  equal(await run(page), first, "the first run after the second moved");
  expect(await run(page, "b") !== first, "the second run did not change");
  const [a, b] = [await page.locator("#side-a").boundingBox(), await page.locator("#side-b").boundingBox()];
  expect(Math.abs(a.y - b.y) < 2 && b.x >= a.x + a.width, "the two do not stand side by side");
});

check("explorer: a permalink restores the whole state", async (visit, home) => {
  const page = await visit({ permissions: ["clipboard-read", "clipboard-write"] });
  await page.locator("#compare").check();
  await settled(page, "b");
  await page.locator("#a-seed-exact").fill("123456789");
  await page.keyboard.press("Enter");
  await page.locator("#b-optimizer").selectOption("gd");
  await page.locator("#b-test").check();
  await page.locator("#same").uncheck();
  await page.locator("#neuron").fill("7");
  await page.locator("#upto").fill("60");
  await settled(page);
  await settled(page, "b");
  await page.locator("#link").click();
  await said(page, /(Link copied)/);
  const link = await page.evaluate(() => navigator.clipboard.readText());
  equal(link, page.url(), "the link copied");
  const state = async p => JSON.stringify([await settings(p), await settings(p, "b"), await run(p), await run(p, "b"), await p.locator("#b-test").isChecked(), await p.locator("#same").isChecked(),
    await p.locator("#neuron-value").textContent(), await p.locator("#upto-value").textContent(), await p.locator("#side-b .summary").textContent()]);
  const again = await visit({}, link.slice(home.length));
  await settled(again, "b");
  equal(await state(again), await state(page), "the state behind the link");
  await again.locator("#reset").click();
  await settled(again);
  equal((await settings(again)).seed, "1", "the seed of figure 1 after a reset");
});

check("explorer: \"open as notebook\" writes a notebook that runs and shows the same run", async visit => {
  const page = await visit();
  await page.locator("#a-n-exact").fill("15");
  await page.keyboard.press("Enter");
  await settled(page);
  await page.locator("#side-a [data-action=notebook]").click();
  const path = await said(page, /Notebook written to (.*\.ipynb)$/);
  const out = join(work, "executed");
  workbook("notebook", "run", path, "--out", out);
  const ran = JSON.parse(readFileSync(join(out, path.split(/[\\/]/).at(-1)), "utf8"));
  const code = ran.cells.filter(c => c.cell_type === "code");
  expect(code.every(c => c.outputs.every(o => o.output_type !== "error")), "a cell ended in an error");
  // What ends in an expression shows it.
  expect(code.slice(1).every(c => /;\s*$/.test([c.source].flat().join("")) || c.outputs.length > 0), "a cell shows nothing");
  expect(ran.cells[0].source.toString().includes(await run(page)), "the notebook names another run");
  const text = code.flatMap(c => c.outputs.map(o => [o.data?.["text/plain"] ?? ""].flat().join(""))).join("\n");
  // The stages as the page has them: a row in the notebook's table for each that was reached.
  const reached = await page.evaluate(() => [...document.querySelectorAll("#side-a .stages tbody tr")].map(row => [row.cells[0].textContent.split(":")[0], row.cells[1].textContent]).filter(r => r[1] !== "–"));
  expect(reached.length >= 5, "fewer than 5 stages were reached");
  for (const [id, step] of reached) expect(text.split("\n").some(line => line.includes(id) && new RegExp(`\\b${step}\\b`).test(line)), `the notebook does not show ${id} at ${step}`);
});

check("explorer: \"save run\" writes a run that `stages` and `claims` read alike", async visit => {
  const page = await visit();
  await page.locator("#a-seed").focus();
  await page.keyboard.press("ArrowRight");
  await settled(page);
  await page.locator("#side-a [data-action=save]").focus();
  await page.keyboard.press("Enter");
  const path = await said(page, /Run written to (.*)$/);
  expect(path.includes(await run(page)), "another run was written than the one shown");
  const stages = workbook("stages", path), claims = workbook("claims", path);
  const shown = await page.evaluate(() => [...document.querySelectorAll("#side-a .stages tbody tr")].map(row => [row.cells[0].textContent.split(":")[0], row.cells[1].textContent]));
  for (const [id, step] of shown.filter(r => r[1] !== "–")) expect(stages.split("\n").some(line => line.includes(id) && new RegExp(`\\b${step}\\b`).test(line)), `stages does not say ${id} at ${step}`);
  const verdicts = await page.evaluate(() => Object.fromEntries([...document.querySelectorAll("#side-a .claims tr[data-claim]")].map(r => [r.dataset.claim, r.dataset.verdict])));
  for (const [id, verdict] of Object.entries(verdicts).filter(v => v[1] !== "not applicable"))
    expect(claims.split("\n").some(line => line.includes(id) && line.toLowerCase().includes(verdict)), `claims does not say that ${id} ${verdict}`);
  return `${shown.length} stages, ${Object.keys(verdicts).length} claims`;
});

export default checks;
