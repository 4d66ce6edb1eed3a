// A browser to drive, and what every check asks of a page.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { spawn, spawnSync } from "node:child_process";
import { chromium } from "playwright-core";

export const chromiumPath = process.env.CHROMIUM;
export const workbookDll = process.env.WORKBOOK_DLL;
export const work = process.env.WORK;

export const viewports = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
export const schemes = ["light", "dark"];

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const launch = () => chromium.launch({
  executablePath: chromiumPath,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** Runs the program and returns what it printed; throws its errors if it fails. */
export const workbook = (...args) => {
  const done = spawnSync("dotnet", [workbookDll, ...args], { encoding: "utf8", timeout: 300_000, maxBuffer: 1 << 26 });
  if (done.status !== 0) throw new Error(`workbook ${args[0]} ended with ${done.status}: ${(done.stderr || done.stdout || String(done.error)).trim().split("\n").slice(-3).join(" / ")}`);
  return done.stdout;
};

/** Starts the explorer on a free port; resolves with its address and a way to end it. */
export const explore = folder => new Promise((resolve, reject) => {
  const child = spawn("dotnet", [workbookDll, "explore", "--no-browser", "--port", "0", "--out", folder]);
  let printed = "";
  const patience = setTimeout(() => { child.kill(); reject(new Error("the explorer did not start: " + printed)); }, 60_000);
  const stop = () => new Promise(ended => { child.once("exit", ended); child.kill("SIGINT"); });
  const heard = text => {
    printed += text;
    const address = /http:\/\/localhost:\d+\//.exec(printed);
    if (address) { clearTimeout(patience); resolve({ address: address[0], stop }); }
  };
  child.stdout.on("data", heard);
  child.stderr.on("data", heard);
  child.once("exit", code => { clearTimeout(patience); reject(new Error(`the explorer ended with ${code}: ${printed}`)); });
});

/**
 * A page in a context of its own that keeps a list of everything that went wrong: errors on the console, exceptions, and requests to anywhere but `home`
 * (an origin; null for a page from disk, which then has no network at all). Messages that match `expected` are what the check provokes.
 */
export const open = async (browser, url, { viewport = "desktop", scheme = "light", home = null, permissions = [], expected = /^$/ } = {}) => {
  const context = await browser.newContext({ viewport: viewports[viewport], colorScheme: scheme, hasTouch: viewport === "phone", isMobile: viewport === "phone", permissions });
  const wrong = [];
  const local = /^(file|data|blob):/;
  if (!home) {
    await context.setOffline(true);
    await context.route(asked => !local.test(asked.href), route => route.abort());
  }
  const page = await context.newPage();
  page.on("console", message => { if ((message.type() === "error" || message.type() === "warning") && !expected.test(message.text())) wrong.push(`console ${message.type()}: ${message.text()}`); });
  // Listening only: to hold every request up would be measured, too.
  page.on("request", request => { if (!local.test(request.url()) && !(home && request.url().startsWith(home))) wrong.push("asked for " + request.url()); });
  page.on("pageerror", error => wrong.push("exception: " + error.message));
  await page.goto(url);
  return { page, wrong, close: () => context.close() };
};

export const expect = (holds, what) => { if (!holds) throw new Error(what); };
export const equal = (actual, expected, what) => expect(actual === expected, `${what}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
export const nothingWrong = wrong => expect(wrong.length === 0, [...new Set(wrong)].join("; "));

/** Draws what is drawn on sight: goes through the page once, then back to its top. */
export const scrollThrough = page => page.evaluate(async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
    scrollTo(0, y);
    await new Promise(requestAnimationFrame);
    await new Promise(done => setTimeout(done, 20));
  }
  scrollTo(0, 0);
});

/** The page's width fits the screen: only frames that scroll by themselves may hold more. */
export const fitsItsWidth = async page => {
  const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  const culprits = wide <= room ? [] : await page.evaluate(() => [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .slice(0, 4).map(e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.className?.baseVal ?? e.className ? "." + (e.className.baseVal ?? e.className) : "")));
  expect(wide <= room, `${new URL(page.url()).pathname} is ${wide} pixels wide on a screen of ${room}: ${culprits.join(", ")}`);
};

/** axe-core's rules on the whole page with all its details unfolded; what is serious or critical fails. */
export const accessible = async (page, what) => {
  await page.evaluate(() => document.querySelectorAll("details").forEach(d => { d.open = true; }));
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => (await axe.run(document, { resultTypes: ["violations"], preload: false })).violations
    .filter(v => v.impact === "serious" || v.impact === "critical")
    .map(v => `${v.id} (${v.impact}, ${v.nodes.length}): ${v.nodes.slice(0, 2).map(n => n.target.join(" ") + " " + (n.any[0]?.message ?? "")).join("; ")}`));
  expect(found.length === 0, `${what}: ${found.join(" | ")}`);
};

/** Whether the element that has the focus shows that it has it. */
export const focusIsSeen = page => page.evaluate(() => {
  const style = getComputedStyle(document.activeElement);
  return document.activeElement !== document.body && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
});
