"use strict";
(() => {
  const root = document.getElementById("explorer"), token = root.dataset.token, said = document.getElementById("said");
  const figure1 = { n: "20", s: "20", sigma_p: "2", m_k: "20", eta: "0.0001", sigma_0: "0.001", seed: "1", optimizer: "signgd", beta1: "0.9", beta2: "0.999", d: "2000", m_v: "20", steps: "900", test: "0" };
  const client = [...crypto.getRandomValues(new Uint8Array(8))].map(b => b.toString(16).padStart(2, "0")).join("");
  const byId = id => document.getElementById(id);
  const upto = byId("upto"), neuron = byId("neuron"), compare = byId("compare"), same = byId("same");
  // Timing of each redraw, for whoever measures: milliseconds from the slider's event to the finished drawing.
  const redraws = window.redraws = [];

  const say = (text, wrong) => { said.textContent = text; said.classList.toggle("wrong", !!wrong); };
  const short = x => x === null || x === undefined ? "" : +x.toPrecision(4) + "";
  const plain = x => { const [m, e] = x.toPrecision(3).includes("e") || (x !== 0 && Math.abs(x) < 1e-3) ? x.toExponential(2).split("e") : [x.toPrecision(3)]; return e ? +m + "e" + +e : +m + ""; };

  // RunMessage.cs: the head's length, the head, and the curves as doubles, each a view of the one buffer.
  const read = buffer => {
    const length = new DataView(buffer).getInt32(0, true), run = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    run.curves.forEach((name, k) => {
      const way = name.split("."), last = way.pop();
      let at = run;
      for (const part of way) at = at[part] ??= {};
      at[last] = new Float64Array(buffer, 4 + length + 8 * run.rows * k, run.rows);
    });
    return run;
  };

  // Positions of a slider and the values that they stand for.
  const scale = input => {
    const low = +input.dataset.least, high = +input.dataset.most, whole = input.dataset.whole === "1", spread = input.dataset.spread;
    if (spread === "Linear") return { positions: high - low, value: p => String(low + p), position: v => v - low };
    if (spread === "NearOne") {
      // 0, then from 0.1 on ten positions per factor ten of 1 - beta.
      const decades = -Math.log10(1 - high), most = Math.round(20 * decades);
      return { positions: most, value: p => p === 0 ? "0" : String(+Math.min(high, 1 - 10 ** (-p / 20)).toFixed(6)), position: v => v >= 1 ? most : Math.round(-20 * Math.log10(1 - v)) };
    }
    const perDecade = 40, positions = Math.round(perDecade * Math.log10(high / low));
    return {
      positions,
      value: p => { const v = Math.min(high, low * 10 ** (p / perDecade)); return whole ? String(Math.max(low, Math.round(v))) : plain(v); },
      position: v => Math.round(perDecade * Math.log10(v / low)),
    };
  };

  class Side {
    constructor(name) {
      this.name = name;
      this.box = byId("side-" + name);
      this.values = { ...figure1 };
      this.run = null;
      this.busy = false;
      this.next = null;
      this.scales = {};
      for (const slider of this.box.querySelectorAll("input[type=range]")) {
        const key = slider.dataset.name, exact = byId(slider.id + "-exact"), s = this.scales[key] = scale(slider);
        slider.min = 0; slider.max = s.positions; slider.step = 1;
        slider.addEventListener("input", event => {
          let p = +slider.value, value = s.value(p);
          // Near the low end of whole numbers several positions are one value: a key press goes on to the next.
          const before = s.position(+this.values[key]);
          if (value === this.values[key] && p !== before) {
            const by = Math.sign(p - before);
            while (p + by >= 0 && p + by <= s.positions && s.value(p) === this.values[key]) p += by;
            value = s.value(p);
          }
          this.set(key, value, event);
        });
        exact.addEventListener("change", event => this.set(key, exact.value.trim(), event));
      }
      byId(name + "-optimizer").addEventListener("change", event => {
        const rule = event.target.value;
        // Gradient descent takes another rate by three orders: the customary one is set, and said.
        if (rule === "gd" && +this.values.eta < 0.01) { this.values.eta = "0.5"; say("eta is 0.5 now, a usual rate of gradient descent."); }
        else if (rule !== "gd" && this.values.optimizer === "gd" && +this.values.eta > 0.01) { this.values.eta = "0.0001"; say("eta is 0.0001 now, that of figure 1."); }
        this.set("optimizer", rule, event);
      });
      byId(name + "-test").addEventListener("change", event => this.set("test", event.target.checked ? "1" : "0", event));
      for (const button of this.box.querySelectorAll("[data-action]")) button.addEventListener("click", () => this.write(button));
    }

    set(key, value, event) {
      this.values[key] = value;
      this.show();
      remember();
      this.train(event ? event.timeStamp : performance.now());
    }

    show() {
      for (const [key, value] of Object.entries(this.values)) {
        const input = byId(this.name + "-" + key);
        if (key === "optimizer") input.value = value;
        else if (key === "test") input.checked = value === "1";
        else {
          if (Number.isFinite(+value) && this.scales[key].value(+input.value) !== value) input.value = this.scales[key].position(+value);
          input.setAttribute("aria-valuetext", value);
          byId(input.id + "-exact").value = value;
        }
      }
      const rule = this.values.optimizer;
      this.box.querySelector("[data-parameter=beta1]").toggleAttribute("data-off", rule !== "adam" && rule !== "signum");
      this.box.querySelector("[data-parameter=beta2]").toggleAttribute("data-off", rule !== "adam");
    }

    // One request under way; of those that come meanwhile only the latest is sent.
    async train(since) {
      if (this.busy) { this.next = since; return; }
      this.busy = true;
      const query = new URLSearchParams({ ...this.values, client: client + this.name, neuron: neuron.value });
      try {
        const answer = await fetch("/api/run?" + query);
        if (answer.ok) {
          this.run = read(await answer.arrayBuffer());
          for (const input of this.box.querySelectorAll(".exact")) input.removeAttribute("aria-invalid");
          if (said.classList.contains("wrong")) say("");
          draw(this, since);
        } else if (answer.status !== 409) {
          const text = (await answer.text()).trim();
          say(text, true);
          byId(`${this.name}-${text.split(" ")[0]}-exact`)?.setAttribute("aria-invalid", "true");
        }
      } catch {
        say("the server does not answer; start `workbook explore` again.", true);
      }
      this.busy = false;
      if (this.next !== null) { const latest = this.next; this.next = null; this.train(latest); }
    }

    async write(button) {
      if (!this.run) return;
      button.disabled = true;
      try {
        // What is shown, not what a slider may have moved to since.
        const answer = await fetch("/api/" + button.dataset.action, { method: "POST", body: this.run.setting, headers: { "Content-Type": "application/x-www-form-urlencoded", "X-Workbook-Token": token } });
        if (answer.ok) say((button.dataset.action === "save" ? "Run written to " : "Notebook written to ") + (await answer.json()).path);
        else say((await answer.text()).trim(), true);
      } catch {
        say("the server does not answer; start `workbook explore` again.", true);
      }
      button.disabled = false;
    }
  }

  const sides = [new Side("a"), new Side("b")];
  const shown = () => compare.checked ? sides : [sides[0]];

  const band = (b, colour) => ({ low: b.min, high: b.max, colour });
  const median = (b, colour) => ({ ys: b.median, colour });
  const log10 = ys => ys.map(y => y / Math.LN10);
  const common = ys => ys.map(y => y > 0 ? Math.log10(y) : NaN);

  const hasTest = r => r.testLoss.some(x => !isNaN(x));

  // What each panel shows of a run: bands, lines and their names.
  const panels = {
    value: r => ({ bands: [band(r.valueNoise, "value")], lines: [median(r.valueNoise, "value"), { ys: r.valueSignal, colour: "signal" }], names: [["value", "value noise"], ["signal", "value signal"]] }),
    query: r => ({ bands: [band(r.queryNoise, "query")], lines: [median(r.queryNoise, "query")], names: [["query", "query noise y q_ξ"]] }),
    key: r => ({ bands: [band(r.keyNoise, "keyline")], lines: [median(r.keyNoise, "keyline")], names: [["keyline", "key noise y k_ξ"]] }),
    signal: r => ({ bands: [band(r.querySignalAll, "signal")], lines: [median(r.querySignalAll, "signal"), { ys: r.querySignal, colour: "query" }, { ys: r.keySignal, colour: "keyline", dash: [6, 4] }], names: [["signal", "all"], ["query", "this neuron"], ["keyline", "its key signal", true]] }),
    softmax: r => ({ bands: [band(r.s11, "signal"), band(r.s21, "value")], lines: [median(r.s11, "signal"), median(r.s21, "value")], y: [0, 1], names: [["signal", "s₁₁ signal on signal"], ["value", "s₂₁ noise on signal"]] }),
    loss: r => ({ lines: [{ ys: log10(r.logTrainLoss), colour: "value" }, ...(hasTest(r) ? tested(r) : [])], power: true, names: [["value", "train"], ...(hasTest(r) ? [["query", "test", true]] : [])] }),
    shares: r => ({ lines: [{ ys: r.aligned, colour: "value" }, { ys: r.majority, colour: "signal" }, { ys: r.keyTurned, colour: "keyline" }, { ys: r.queryTurned, colour: "query" }], y: [0, 1], names: [["value", "query with key"], ["signal", "majority vote"], ["keyline", "key with signal"], ["query", "query with signal"]] }),
    phase: r => ({ lines: Object.values(r.pairs).map((p, i) => ({ xs: p.q, ys: p.k, colour: i === 0 ? "query" : "value", alpha: i === 0 ? 1 : 0.5, width: i === 0 ? 2.5 : 1.2, end: true })).reverse(), phase: true, names: [["query", "sample 1"], ["value", "the others (at most 15)"]] }),
  };

  // Test steps are rare: a line from one to the next.
  const tested = r => {
    const ys = common(r.testLoss), filled = ys.slice();
    let last = -1;
    for (let k = 0; k < ys.length; k++) {
      if (isNaN(ys[k])) continue;
      if (last >= 0) for (let j = last + 1; j < k; j++) filled[j] = ys[last] + (ys[k] - ys[last]) * (r.t[j] - r.t[last]) / (r.t[k] - r.t[last]);
      last = k;
    }
    return [{ ys: filled, colour: "query", dash: [6, 4] }];
  };

  // The window: 10 steps at one end of the slider, the whole run at the other.
  const lastStep = () => Math.max(...shown().filter(s => s.run).map(s => s.run.t[s.run.t.length - 1]));
  const windowEnd = last => +upto.value >= 100 ? last : Math.max(2, Math.round(10 * (last / 10) ** (upto.value / 100)));

  const curves = plot => [...(plot.bands || []).flatMap(b => [b.low, b.high]), ...plot.lines.map(l => l.ys)];

  let pending = null;
  const draw = (side, since) => {
    if (pending) { pending.push([side, since]); return; }
    pending = [[side, since]];
    requestAnimationFrame(() => {
      const done = pending;
      pending = null;
      paint(new Set(done.map(d => d[0])));
      const now = performance.now();
      for (const [, at] of done) if (at !== undefined) redraws.push(now - at);
      if (redraws.length > 5000) redraws.splice(0, 1000);
    });
  };

  const paint = changed => {
    const ready = shown().filter(s => s.run);
    if (!ready.length) return;
    const end = same.checked ? windowEnd(lastStep()) : 0;
    for (const side of ready) {
      const t = side.run.t;
      side.end = end || windowEnd(t[t.length - 1]);
      side.count = t.findLastIndex(x => x <= side.end) + 1;
    }
    byId("upto-value").textContent = ready[0].end;
    for (const name of Object.keys(panels)) {
      const plots = ready.map(side => ({ side, plot: panels[name](side.run) }));
      const ys = plots.map(({ side, plot }) => plot.y || Plot.range(curves(plot), 0, side.count));
      const xs = plots.map(({ side, plot }) => plot.phase ? Plot.range(plot.lines.map(l => l.xs), 0, side.count) : [0, side.end]);
      const joined = list => [Math.min(...list.map(r => r[0])), Math.max(...list.map(r => r[1]))];
      plots.forEach(({ side, plot }, k) => {
        const y = same.checked ? joined(ys) : ys[k], x = same.checked ? joined(xs) : xs[k];
        const panel = side.box.querySelector(`[data-panel=${name}]`);
        Plot.draw(panel.querySelector("canvas"), {
          ...plot, xs: side.run.t, count: side.count, y: Plot.widen(y), x: plot.phase ? Plot.widen(x) : x,
          marks: plot.phase ? [] : side.run.stages.filter(s => s.step !== null && ["T1", "T2", "T3", "s21", "T4"].includes(s.id)).map(s => ({ at: s.step, name: s.id === "s21" ? "s₂₁" : s.id })).sort((a, b) => a.at - b.at),
        });
        const key = panel.querySelector(".key"), names = plot.names.map(n => n.join()).join(";");
        if (key.dataset.names !== names) {
          key.dataset.names = names;
          key.replaceChildren(...plot.names.map(([colour, text, dashed]) => {
            const item = document.createElement("span"), stroke = document.createElement("i");
            stroke.style.borderTopColor = `var(--${colour})`;
            stroke.classList.toggle("dashed", !!dashed);
            item.append(stroke, text);
            return item;
          }));
        }
      });
    }
    for (const side of changed) if (side.run) words(side);
  };

  // A text that stays is not laid out again.
  const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };

  const words = side => {
    const run = side.run, last = run.t.length - 1;
    neuron.max = Math.max(...shown().filter(s => s.run).map(s => +new URLSearchParams(s.run.setting).get("m_k"))) - 1;
    byId("neuron-value").textContent = run.neuron + 1;
    side.box.querySelector(".took").textContent = `${run.engine} engine, ${run.milliseconds.toFixed(1)} ms of training, ${run.t.length} rows, run ${run.hash.slice(0, 12)}`;
    const body = side.box.querySelector(".stages tbody");
    run.stages.forEach((stage, k) => {
      const row = body.rows[k] ?? body.insertRow();
      if (!row.cells.length) {
        const head = document.createElement("th");
        head.scope = "row";
        row.append(head);
        for (let c = 0; c < 2; c++) row.insertCell().className = "number";
      }
      put(row.cells[0], `${stage.id}: ${stage.title}`);
      [stage.step, stage.predicted].forEach((number, c) => put(row.cells[c + 1], number === null ? "–" : Math.abs(number) < 1e6 ? String(Math.round(number)) : number.toExponential(1)));
    });
    while (body.rows.length > run.stages.length) body.deleteRow(-1);
    let held = 0, failed = 0;
    for (const claim of run.claims) {
      const row = side.box.querySelector(`[data-claim="${claim.id}"]`), cells = row.querySelectorAll("td");
      if (row.dataset.verdict !== claim.verdict) row.dataset.verdict = claim.verdict;
      if (claim.verdict === "holds") held++;
      if (claim.verdict === "fails") failed++;
      put(cells[0], claim.verdict);
      if (cells[0].title !== (claim.note || "")) cells[0].title = claim.note || "";
      put(cells[1], short(claim.left));
      put(cells[3], short(claim.right));
    }
    // Read out once the slider rests, not at every step of it.
    clearTimeout(side.speak);
    side.speak = setTimeout(() => {
      const at = id => run.stages.find(s => s.id === id).step ?? "not reached";
      const test = isNaN(run.testError[last]) ? "" : ` test error ${short(run.testError[last])},`;
      side.box.querySelector(".summary").textContent =
        `T1 ${at("T1")}, T2 ${at("T2")}, T3 ${at("T3")}, s₂₁ decayed ${at("s21")}, T4 ${at("T4")}; train loss ${isNaN(run.trainLoss[last]) ? "not a number" : run.trainLoss[last].toExponential(2)},${test} ${held} claims hold, ${failed} fail.`;
    }, 250);
  };

  // The state in the address: the first setting by its names, the second with "b." before them.
  const state = () => {
    const query = new URLSearchParams(sides[0].values);
    if (compare.checked) for (const [key, value] of Object.entries(sides[1].values)) query.set("b." + key, value);
    query.set("upto", upto.value);
    query.set("neuron", neuron.value);
    if (!same.checked) query.set("same", "0");
    return query.toString();
  };
  let later = 0;
  const remember = () => { clearTimeout(later); later = setTimeout(() => history.replaceState(null, "", "#" + state()), 150); };
  const recall = () => {
    const query = new URLSearchParams(location.hash.slice(1));
    compare.checked = [...query.keys()].some(k => k.startsWith("b."));
    sides.forEach((side, k) => {
      for (const key of Object.keys(figure1)) side.values[key] = query.get((k ? "b." : "") + key) ?? figure1[key];
      side.show();
    });
    const whole = (name, fallback) => /^\d{1,3}$/.test(query.get(name) ?? "") ? query.get(name) : fallback;
    upto.value = whole("upto", "100");
    neuron.max = 99;
    neuron.value = whole("neuron", "0");
    same.checked = query.get("same") !== "0";
    arrange();
  };
  const arrange = () => {
    sides[1].box.hidden = !compare.checked;
    document.querySelector(".sides").classList.toggle("two", compare.checked);
    for (const side of shown()) side.train();
  };
  const redraw = () => shown().forEach(side => { if (side.run) draw(side); });

  compare.addEventListener("change", () => { if (compare.checked) { sides[1].values = { ...sides[0].values }; sides[1].show(); } arrange(); redraw(); remember(); });
  same.addEventListener("change", () => { redraw(); remember(); });
  upto.addEventListener("input", () => { redraw(); remember(); });
  neuron.addEventListener("input", event => { byId("neuron-value").textContent = +neuron.value + 1; shown().forEach(side => side.train(event.timeStamp)); remember(); });
  byId("reset").addEventListener("click", () => { history.replaceState(null, "", "#"); recall(); say("The settings of figure 1."); });
  byId("link").addEventListener("click", async () => {
    history.replaceState(null, "", "#" + state());
    try { await navigator.clipboard.writeText(location.href); say("Link copied."); } catch { say("The link is in the address bar."); }
  });
  addEventListener("hashchange", recall);
  addEventListener("resize", redraw);
  byId("theme").addEventListener("click", () => setTimeout(redraw));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  recall();
})();
