(() => {
  "use strict";
  const button = document.getElementById("theme");
  button?.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("workbook-theme", root.dataset.theme); } catch { /* a page from disk may have no storage */ }
  });

  const draw = element => {
    if (element.dataset.drawn || typeof Plotly === "undefined") return;
    element.dataset.drawn = "true";
    const figure = JSON.parse(document.getElementById(element.dataset.plot).textContent);
    const layout = { ...figure.layout, autosize: true };
    // A figure is made for its printed width; on a page it takes the width that there is.
    delete layout.width;
    const narrow = element.clientWidth < 480;
    if (narrow) {
      stack(layout);
      layout.legend = { ...layout.legend, yref: "container", y: 0, yanchor: "bottom" };
      // Plotly breaks no lines by itself.
      if (layout.title?.text.length > 48) layout.title.text = layout.title.text.replace(/(.{24,36}) /g, "$1<br>");
    }
    Plotly.newPlot(element, figure.data, layout, { responsive: true, displaylogo: false, displayModeBar: matchMedia("(hover: hover) and (min-width: 40rem)").matches ? "hover" : false })
      .then(() => { if (narrow) keysBelow(element, layout); });
  };

  // On a narrow screen panels stand below one another, each as high as it was.
  const stack = layout => {
    const panels = Object.keys(layout).filter(name => /^xaxis\d*$/.test(name)).map(name => [layout[name], layout[name.replace("x", "y")]]);
    if (new Set(panels.map(([x]) => x.domain[0])).size < 2) return;
    const axis = name => layout[name[0] + "axis" + name.slice(1)];
    const { t, b } = layout.margin, plot = layout.height - t - b, between = b + 50;
    const heights = panels.map(([, y]) => (y.domain[1] - y.domain[0]) * plot), whole = heights.reduce((sum, h) => sum + h, between * (panels.length - 1));
    let at = 0;
    panels.forEach(([x, y], k) => {
      x.domain = [0, 1];
      y.domain = [1 - (at + heights[k]) / whole, 1 - at / whole];
      at += heights[k] + between;
      // Labels that one panel had for its neighbours.
      for (const own of [x, y]) {
        own.showticklabels = true;
        if (own.matches) own.title ??= axis(own.matches).title;
      }
    });
    layout.height += whole - plot;
  };

  // There its keys take several lines: below the panels they cover nothing, and above them there is as much room as the title takes.
  const keysBelow = (element, layout) => {
    const keys = element.querySelector(".legend")?.getBoundingClientRect().height ?? 0, top = element.getBoundingClientRect().top;
    const lines = layout.title?.text?.split("<br>").length ?? 0, titleEnd = 24 + 20 * lines, first = Math.min(layout.margin.t, ...[...element.querySelectorAll(".annotation")].map(note => note.getBoundingClientRect().top - top));
    const spare = Math.floor(first - titleEnd), height = layout.height - spare + keys;
    Plotly.relayout(element, { height, "margin.t": layout.margin.t - spare, "margin.b": layout.margin.b + keys, "title.y": 1 - (4 + 10 * lines) / height });
  };
  const plots = [...document.querySelectorAll("[data-plot]")];
  if ("IntersectionObserver" in window) {
    const seen = new IntersectionObserver(entries => entries.filter(e => e.isIntersecting).forEach(e => { seen.unobserve(e.target); draw(e.target); }), { rootMargin: "600px" });
    plots.forEach(plot => seen.observe(plot));
  } else {
    plots.forEach(plot => draw(plot));
  }
  // On paper every figure is there, as wide as A4 and Letter have room for; then as wide as the screen again.
  const paper = 660;
  addEventListener("beforeprint", () => plots.forEach(plot => {
    draw(plot);
    Plotly.relayout(plot, { width: Math.min(paper, plot.clientWidth), autosize: false });
  }));
  addEventListener("afterprint", () => plots.forEach(plot => Plotly.relayout(plot, { width: null, autosize: true })));

  // What is wider than its frame can be scrolled from the keyboard; what fits is no stop on the way.
  const frames = [...document.querySelectorAll(".formula, .output, pre")];
  const reach = () => frames.forEach(frame => {
    const wide = frame.scrollWidth > frame.clientWidth;
    frame.toggleAttribute("tabindex", wide);
    if (wide) frame.tabIndex = 0;
  });
  reach();
  addEventListener("resize", reach);
  addEventListener("toggle", reach, true);

  const box = document.querySelector(".search input");
  if (box && window.bookIndex) {
    const list = document.querySelector(".search ol");
    const find = () => {
      const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      const score = entry => {
        let sum = 0;
        for (const word of words) {
          const title = entry.title.toLowerCase();
          if (entry.claim && title === word) sum += 100;
          else if (title.includes(word)) sum += entry.claim ? 20 : 10;
          else if (entry.text.includes(word)) sum += 1;
          else return 0;
        }
        return sum;
      };
      const hits = words.length ? window.bookIndex.map(e => [score(e), e]).filter(h => h[0] > 0).sort((a, b) => b[0] - a[0]).slice(0, 12) : [];
      list.replaceChildren(...hits.map(([, entry]) => {
        const item = document.createElement("li"), link = document.createElement("a"), where = document.createElement("small");
        link.href = entry.href;
        link.textContent = entry.title;
        where.textContent = entry.page;
        link.append(where);
        item.append(link);
        return item;
      }));
      document.getElementById("found").textContent = words.length ? hits.length + (hits.length === 1 ? " place" : " places") : "";
    };
    box.addEventListener("input", find);
    box.addEventListener("keydown", event => {
      if (event.key === "Enter") list.querySelector("a")?.click();
      if (event.key === "ArrowDown") { event.preventDefault(); list.querySelector("a")?.focus(); }
      if (event.key === "Escape") { box.value = ""; find(); }
    });
    list.addEventListener("keydown", event => {
      const links = [...list.querySelectorAll("a")], at = links.indexOf(document.activeElement);
      if (event.key === "ArrowDown") { event.preventDefault(); links[Math.min(at + 1, links.length - 1)]?.focus(); }
      if (event.key === "ArrowUp") { event.preventDefault(); (at > 0 ? links[at - 1] : box).focus(); }
      if (event.key === "Escape") { box.value = ""; find(); box.focus(); }
    });
  }
})();
