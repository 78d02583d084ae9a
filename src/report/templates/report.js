// Draws the charts. Their numbers come from the JSON block "report-data": an object of figures by the id of their canvas, without "chart-".
// Of each figure: kind (dots, bars, lines, quadrant, map), format (number, percent, points), x and y (titles of the axes), and
//   dots, bars: labels; series of name, segment (its colour; null: none), values, low, high; segments (of each label, if the colour goes
//               by it); reference (a line at a value) and its words; zero (true: the axis starts there)
//               edge (values beyond it are drawn there)
//   lines:      series as above with xs; steps (true: a staircase), reference and words (a horizontal line)
//   quadrant:   points of x, y, label; cross (x, y of the lines); corners (four words, clockwise from the upper left)
//   map:        range (x, y as low and high); cell (width, height); cells of column, row, density in [0, 1], segment; centers of x, y, segment, name
(function () {
  "use strict";
  const root = document.documentElement;
  const figures = JSON.parse(document.getElementById("report-data").textContent);
  const charts = [];
  const colors = 8;

  function paint(name) { return getComputedStyle(root).getPropertyValue(name).trim(); }
  function colorOf(segment) { return segment === null || segment === undefined ? paint("--quiet") : paint("--s" + segment % colors); }
  function faded(color, alpha) {
    const n = parseInt(color.slice(1), 16);
    return "rgba(" + (n >> 16) + "," + (n >> 8 & 255) + "," + (n & 255) + "," + alpha + ")";
  }

  function brief(value, format) {
    if (value === null || value === undefined || !isFinite(value)) return "–";
    if (format === "percent") return (value * 100).toLocaleString("en", {maximumSignificantDigits: 3}) + "%";
    return value.toLocaleString("en", {maximumSignificantDigits: Math.abs(value) >= 1000 ? 4 : 3});
  }
  function short(label, most) {
    const letters = Array.from(String(label));
    return letters.length > most ? letters.slice(0, most - 1).join("") + "…" : String(label);
  }
  function widest() { return window.innerWidth < 600 ? 16 : 46; }

  function line(ctx, x1, y1, x2, y2, color, width, dash) {
    ctx.save();
    ctx.strokeStyle = color; ctx.lineWidth = width; ctx.setLineDash(dash || []);
    ctx.beginPath(); ctx.moveTo(x1, y1); ctx.lineTo(x2, y2); ctx.stroke();
    ctx.restore();
  }
  function write(ctx, words, x, y, color, align, weight, halo) {
    ctx.save();
    ctx.font = (weight || "") + " 12px system-ui, sans-serif";
    ctx.textAlign = align; ctx.textBaseline = "middle";
    if (halo) { ctx.strokeStyle = halo; ctx.lineWidth = 4; ctx.lineJoin = "round"; ctx.strokeText(words, x, y); }
    ctx.fillStyle = color; ctx.fillText(words, x, y);
    ctx.restore();
  }

  // The number of a segment inside its dot: colours alone do not tell.
  function numberIn(ctx, point, segment) {
    if (segment !== null && segment !== undefined) write(ctx, String(segment), point.x, point.y + .5, paint("--on"), "center", "bold");
  }

  // The name of a point beside it, where there is room: names never lie on each other, the table has them all.
  function label(chart, point, words, taken) {
    const ctx = chart.ctx, area = chart.chartArea;
    ctx.save();
    ctx.font = "12px system-ui, sans-serif";
    const width = ctx.measureText(words).width;
    ctx.restore();
    const places = [[point.x + 9, point.y, "left"], [point.x - 9, point.y, "right"], [point.x + 9, point.y - 12, "left"], [point.x + 9, point.y + 12, "left"],
      [point.x - 9, point.y - 12, "right"], [point.x - 9, point.y + 12, "right"]];
    for (const place of places) {
      const left = place[2] === "left" ? place[0] : place[0] - width;
      const box = [left, place[1] - 7, left + width, place[1] + 7];
      const free = box[0] >= area.left && box[2] <= area.right + 8 && taken.every(function (t) { return box[2] < t[0] || box[0] > t[2] || box[3] < t[1] || box[1] > t[3]; });
      if (!free) continue;
      taken.push(box);
      write(ctx, words, place[0], place[1], paint("--ink"), place[2], "", paint("--card"));
      return;
    }
  }

  function scales(figure, horizontal) {
    const grid = paint("--line"), ink = paint("--quiet");
    const title = function (words) { return {display: !!words, text: words || "", color: ink}; };
    const value = {
      grid: {color: grid, drawBorder: false}, title: title(horizontal ? figure.x : figure.y), beginAtZero: !!figure.zero,
      ticks: {color: ink, maxTicksLimit: window.innerWidth < 600 ? 5 : 9, callback: function (v) { return brief(v, figure.format); }}
    };
    const names = {
      type: "category", offset: true, labels: figure.labels, grid: {display: false, drawBorder: false},
      title: title(horizontal ? figure.y : figure.x),
      ticks: {color: paint("--ink"), autoSkip: false, callback: function (_, i) { return short(figure.labels[i], widest()); }}
    };
    return horizontal ? {x: value, y: names} : {x: names, y: value};
  }

  const marks = {
    id: "marks",
    beforeDatasetsDraw: function (chart) {
      const figure = chart.options.figure, ctx = chart.ctx, area = chart.chartArea;
      if (figure.kind === "map") cells(chart, figure);
      if (figure.kind === "quadrant") {
        const x = chart.scales.x.getPixelForValue(figure.cross.x), y = chart.scales.y.getPixelForValue(figure.cross.y);
        line(ctx, x, area.top, x, area.bottom, paint("--quiet"), 1);
        line(ctx, area.left, y, area.right, y, paint("--quiet"), 1);
        const c = figure.corners || [], ink = paint("--quiet");
        write(ctx, c[0] || "", area.left + 6, area.top + 10, ink, "left");
        write(ctx, c[1] || "", area.right - 6, area.top + 10, ink, "right");
        write(ctx, c[2] || "", area.right - 6, area.bottom - 10, ink, "right");
        write(ctx, c[3] || "", area.left + 6, area.bottom - 10, ink, "left");
      }
      if (figure.reference === null || figure.reference === undefined) return;
      if (figure.kind === "lines") {
        const y = chart.scales.y.getPixelForValue(figure.reference);
        line(ctx, area.left, y, area.right, y, paint("--quiet"), 1.5, [5, 4]);
        write(ctx, figure.words || "", area.right - 4, y - 9, paint("--quiet"), "right");
      } else {
        const x = chart.scales.x.getPixelForValue(figure.reference);
        line(ctx, x, area.top, x, area.bottom, paint("--quiet"), 1.5, [5, 4]);
      }
    },
    afterDatasetsDraw: function (chart) {
      const figure = chart.options.figure, ctx = chart.ctx, taken = [];
      chart.data.datasets.forEach(function (set, i) {
        const points = chart.getDatasetMeta(i).data;
        points.forEach(function (point, j) {
          if (!isFinite(point.x) || !isFinite(point.y)) return;
          if (figure.kind === "quadrant" && j === 0) points.forEach(function (p) { taken.push([p.x - 5, p.y - 5, p.x + 5, p.y + 5]); });
          if (figure.kind === "dots" && set.data[j] !== null) {
            numberIn(ctx, point, figure.segments ? figure.segments[j] : set.segment);
          } else if (figure.kind === "map") {
            numberIn(ctx, point, figure.centers[j].segment);
          } else if (figure.kind === "quadrant") {
            label(chart, point, short(figure.points[j].label, 24), taken);
          }
        });
      });
    },
    beforeDatasetDraw: function (chart, args) {
      const set = chart.data.datasets[args.index];
      if (!set.low) return;
      const figure = chart.options.figure;
      chart.getDatasetMeta(args.index).data.forEach(function (point, j) {
        if (set.low[j] === null || set.high[j] === null) return;
        const color = colorOf(figure.segments ? figure.segments[j] : set.segment);
        if (figure.kind === "lines") {
          line(chart.ctx, point.x, chart.scales.y.getPixelForValue(set.low[j]), point.x, chart.scales.y.getPixelForValue(set.high[j]), color, 2);
        } else {
          line(chart.ctx, chart.scales.x.getPixelForValue(set.low[j]), point.y, chart.scales.x.getPixelForValue(set.high[j]), point.y, color, 3);
        }
      });
    }
  };

  function cells(chart, figure) {
    const ctx = chart.ctx, xs = chart.scales.x, ys = chart.scales.y;
    ctx.save();
    figure.cells.column.forEach(function (column, i) {
      const x = figure.range.x[0] + column * figure.cell.width, y = figure.range.y[0] + figure.cells.row[i] * figure.cell.height;
      const left = xs.getPixelForValue(x), right = xs.getPixelForValue(x + figure.cell.width);
      const bottom = ys.getPixelForValue(y), top = ys.getPixelForValue(y + figure.cell.height);
      ctx.fillStyle = faded(colorOf(figure.cells.segment[i]), (0.1 + 0.72 * Math.sqrt(figure.cells.density[i])).toFixed(3));
      ctx.fillRect(Math.round(left), Math.round(top), Math.round(right) - Math.round(left), Math.round(bottom) - Math.round(top));
    });
    ctx.restore();
  }

  function datasets(figure) {
    if (figure.kind === "map") {
      return [{type: "scatter", data: figure.centers.map(function (c) { return {x: c.x, y: c.y}; }), pointRadius: 11, pointHoverRadius: 12,
        pointBackgroundColor: figure.centers.map(function (c) { return colorOf(c.segment); }), pointBorderColor: paint("--card"), pointBorderWidth: 2}];
    }
    if (figure.kind === "quadrant") {
      return [{type: "scatter", data: figure.points.map(function (p) { return {x: p.x, y: p.y}; }), pointRadius: 6,
        pointBackgroundColor: colorOf(figure.segment), pointBorderColor: paint("--card")}];
    }
    const edge = figure.edge || Infinity;
    const inside = function (value) { return value === null ? null : Math.max(-edge, Math.min(edge, value)); };
    return figure.series.map(function (series) {
      const color = colorOf(series.segment);
      const each = figure.segments ? figure.segments.map(colorOf) : color;
      const set = {label: series.name, low: series.low, high: series.high, segment: series.segment, borderColor: color, data: series.values.map(inside)};
      if (figure.kind === "bars") return Object.assign(set, {backgroundColor: each, borderWidth: 0, borderRadius: 3, maxBarThickness: 26});
      if (figure.kind === "dots") {
        const numbered = figure.segments || (series.segment !== null && series.segment !== undefined);
        return Object.assign(set, {showLine: false, pointRadius: numbered ? 9 : 5, pointHoverRadius: 10, pointBackgroundColor: each, pointBorderColor: paint("--card"), pointBorderWidth: 1.5});
      }
      set.data = series.values.map(function (v, i) { return {x: series.xs[i], y: v}; });
      return Object.assign(set, {backgroundColor: color, borderWidth: 2, stepped: !!figure.steps, pointRadius: figure.steps || series.values.length > 15 ? 0 : 4, showLine: true, borderDash: series.dashed ? [6, 4] : []});
    });
  }

  function tip(figure, item) {
    if (figure.kind === "map") return figure.centers[item.dataIndex].name;
    if (figure.kind === "quadrant") {
      const p = figure.points[item.dataIndex];
      return p.label + ": " + brief(p.x, figure.format) + ", " + brief(p.y, "number");
    }
    const series = figure.series[item.datasetIndex], i = item.dataIndex;
    let words = (figure.series.length > 1 ? series.name + ": " : "") + brief(series.values[i], figure.format);
    if (series.low && series.low[i] !== null) words += " (" + brief(series.low[i], figure.format) + " to " + brief(series.high[i], figure.format) + ")";
    return words;
  }

  function options(figure) {
    const horizontal = figure.kind === "dots" || figure.kind === "bars";
    const numeric = function (title, format) {
      return {type: "linear", grid: {color: paint("--line"), drawBorder: false}, title: {display: !!title, text: title || "", color: paint("--quiet")},
        ticks: {color: paint("--quiet"), maxTicksLimit: window.innerWidth < 600 ? 5 : 10, callback: function (v) { return brief(v, format); }}};
    };
    let axes = horizontal ? scales(figure, true) : {x: numeric(figure.x, figure.kind === "quadrant" ? figure.format : "number"), y: numeric(figure.y, figure.kind === "lines" ? figure.format : "number")};
    if (figure.kind === "map") {
      axes.x.ticks.display = axes.y.ticks.display = axes.x.grid.display = axes.y.grid.display = false;
      axes.x.min = figure.range.x[0]; axes.x.max = figure.range.x[1]; axes.y.min = figure.range.y[0]; axes.y.max = figure.range.y[1];
    }
    if (figure.kind === "quadrant") {
      axes.x.min = 0;
      axes.y.suggestedMin = -0.2; axes.y.suggestedMax = 0.2;
      axes.x.grace = axes.y.grace = "12%";
    }
    if (figure.kind === "lines" && figure.whole) axes.x.ticks.stepSize = 1;
    if (figure.kind === "lines" && figure.ticks) axes.x.ticks = Object.assign(axes.x.ticks, {stepSize: 1, callback: function (v) { return short(figure.ticks[v] === undefined ? "" : figure.ticks[v], 14); }});
    return {
      figure: figure, indexAxis: horizontal ? "y" : "x", responsive: true, maintainAspectRatio: false, animation: false, scales: axes,
      layout: {padding: {right: 12}},
      plugins: {
        legend: {display: !!figure.series && figure.series.length > 1, position: "bottom", labels: Object.assign({color: paint("--ink"), usePointStyle: true, boxWidth: 9}, figure.kind === "lines" ? {pointStyle: "line", boxWidth: 30} : {})},
        tooltip: {callbacks: {
          title: function (items) { return items.length && figure.labels ? short(figure.labels[items[0].dataIndex], 80) : ""; },
          label: function (item) { return short(tip(figure, item), 120); }
        }}
      }
    };
  }

  // How many values a chart shows: what tests look at.
  function points(chart) {
    let shown = 0;
    chart.data.datasets.forEach(function (_, i) {
      chart.getDatasetMeta(i).data.forEach(function (point) { if (isFinite(point.x) && isFinite(point.y)) shown += 1; });
    });
    return shown;
  }

  function draw() {
    while (charts.length) charts.pop().destroy();
    let drawn = 0;
    Object.keys(figures).forEach(function (id) {
      const canvas = document.getElementById("chart-" + id), figure = figures[id];
      if (!canvas) return;
      const kind = figure.kind === "bars" ? "bar" : figure.kind === "dots" ? "line" : "scatter";
      charts.push(new Chart(canvas, {type: kind, data: {labels: figure.labels, datasets: datasets(figure)}, options: options(figure), plugins: [marks]}));
      canvas.dataset.drawn = String(points(charts[charts.length - 1]));
      drawn += 1;
    });
    root.dataset.charts = String(drawn);
  }

  function follow() {
    if (!("IntersectionObserver" in window)) return;
    const links = {};
    document.querySelectorAll("nav a").forEach(function (a) { links[a.hash.slice(1)] = a; });
    const seen = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting) return;
        Object.keys(links).forEach(function (id) { links[id].removeAttribute("aria-current"); });
        if (links[entry.target.id]) links[entry.target.id].setAttribute("aria-current", "true");
      });
    }, {rootMargin: "-20% 0px -70% 0px"});
    document.querySelectorAll("main > section").forEach(function (section) { seen.observe(section); });
  }

  root.classList.add("scripted");
  Chart.defaults.font.family = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', Arial, sans-serif";
  draw();
  follow();
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  window.addEventListener("beforeprint", function () { root.classList.add("printing"); draw(); });
  window.addEventListener("afterprint", function () { root.classList.remove("printing"); draw(); });
}());
