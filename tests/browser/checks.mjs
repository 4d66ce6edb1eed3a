// Runs the checks that run.sh names, prints one line each, and "N passed, N failed" at the end.
import { launch } from "./support.mjs";

const only = process.env.ONLY ? new RegExp(process.env.ONLY) : /./;
const rooms = await Promise.all(process.argv.slice(2).map(name => import(`./${name}.checks.mjs`)));
const checks = rooms.flatMap(room => room.default);
const browser = await launch();
let passed = 0, failed = 0;
for (const [name, run] of checks) {
  if (!only.test(name)) continue;
  try {
    const said = await run(browser);
    passed++;
    console.log(`ok      ${name}${said ? ": " + said : ""}`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${name}: ${error.message}`);
    for (const context of browser.contexts()) await context.close().catch(() => {});
  }
}
await browser.close();
for (const room of rooms) await room.finish?.();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed || !passed ? 1 : 0;
