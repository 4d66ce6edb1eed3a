// Line plots on a canvas: bands, lines, marks at steps. Colours come from the page's styles, so that light and dark follow.
"use strict";
window.Plot = (() => {
  const colour = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

  // About `count` round numbers that lie in low .. high.
  const ticks = (low, high, count) => {
    const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map(m => m * power).find(s => s >= rough) || rough;
    const list = [];
    for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9 && list.length < 20; k++) list.push(k * step);
    return list;
  };

  const label = x => {
    if (x === 0 || Math.abs(x) < 1e-300) return "0";
    const size = Math.abs(x);
    return size >= 1e5 || size < 1e-3 ? x.toExponential(0).replace("e+", "e") : String(+x.toPrecision(4));
  };

  // Range over all curves that are finite and shown.
  const range = (curves, from, to) => {
    let low = Infinity, high = -Infinity;
    for (const curve of curves)
      for (let k = from; k < to; k++) {
        const v = curve[k];
        // NaN is neither.
        if (v < low) low = v;
        if (v > high) high = v;
      }
    return low > high ? [0, 1] : [low, high];
  };

  const widen = ([low, high]) => {
    const room = (high - low) * 0.04 || Math.abs(high) * 0.1 || 1;
    return [low - room, high + room];
  };

  const line = (g, xs, ys, count, px, py) => {
    g.beginPath();
    let open = false;
    for (let k = 0; k < count; k++) {
      if (isNaN(xs[k]) || isNaN(ys[k])) { open = false; continue; }
      if (open) g.lineTo(px(xs[k]), py(ys[k]));
      else g.moveTo(px(xs[k]), py(ys[k]));
      open = true;
    }
    g.stroke();
  };

  // plot: { xs, x: [low, high], y: [low, high], count, bands: [{low, high, colour}], lines: [{xs, ys, colour, dash, width, alpha}], marks: [{at, name}], power }
  const draw = (canvas, plot) => {
    const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width) return;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const g = canvas.getContext("2d");
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    const left = 50, right = 8, top = 16, bottom = 22;
    const [x0, x1] = plot.x, [y0, y1] = plot.y;
    const px = x => left + (x - x0) / (x1 - x0) * (width - left - right);
    const py = y => height - bottom - (y - y0) / (y1 - y0) * (height - top - bottom);
    const ink = colour("soft"), grid = colour("line");
    g.font = "11px system-ui, 'DejaVu Sans', sans-serif";
    g.lineWidth = 1;
    g.strokeStyle = grid;
    g.fillStyle = ink;
    g.textAlign = "right";
    g.textBaseline = "middle";
    for (const y of ticks(y0, y1, 4)) {
      g.beginPath(); g.moveTo(left, py(y)); g.lineTo(width - right, py(y)); g.stroke();
      g.fillText(plot.power ? "1e" + label(y) : label(y), left - 5, py(y));
    }
    g.textAlign = "center";
    g.textBaseline = "top";
    for (const x of ticks(x0, x1, 4)) {
      g.beginPath(); g.moveTo(px(x), top); g.lineTo(px(x), height - bottom); g.stroke();
      g.fillText(label(x), Math.min(px(x), width - right - 12), height - bottom + 5);
    }
    g.save();
    g.beginPath(); g.rect(left, top, width - left - right, height - top - bottom); g.clip();
    for (const band of plot.bands || []) {
      g.beginPath();
      let open = false;
      for (let k = 0; k < plot.count; k++) if (!isNaN(band.high[k])) { if (open) g.lineTo(px(plot.xs[k]), py(band.high[k])); else g.moveTo(px(plot.xs[k]), py(band.high[k])); open = true; }
      for (let k = plot.count - 1; k >= 0; k--) if (!isNaN(band.low[k])) g.lineTo(px(plot.xs[k]), py(band.low[k]));
      g.closePath();
      g.globalAlpha = 0.22; g.fillStyle = colour(band.colour); g.fill(); g.globalAlpha = 1;
    }
    for (const l of plot.lines) {
      g.strokeStyle = colour(l.colour);
      g.lineWidth = l.width || 2;
      g.globalAlpha = l.alpha || 1;
      g.setLineDash(l.dash || []);
      line(g, l.xs || plot.xs, l.ys, plot.count, px, py);
      if (l.end) {
        const k = plot.count - 1;
        g.fillStyle = colour(l.colour);
        g.beginPath(); g.arc(px(l.xs[k]), py(l.ys[k]), 2.5, 0, 7); g.fill();
      }
      g.setLineDash([]);
      g.globalAlpha = 1;
    }
    g.restore();
    // Names of marks that would run into each other are left out; the table has them all.
    let free = -Infinity;
    g.textBaseline = "bottom";
    g.fillStyle = ink;
    for (const mark of plot.marks || []) {
      if (mark.at > x1 || mark.at < x0) continue;
      const at = px(mark.at);
      g.strokeStyle = ink; g.setLineDash([2, 3]);
      g.beginPath(); g.moveTo(at, top); g.lineTo(at, height - bottom); g.stroke();
      g.setLineDash([]);
      if (at > free) { g.fillText(mark.name, at, top - 2); free = at + 20; }
    }
  };
  return { draw, range, widen };
})();
