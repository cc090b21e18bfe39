(() => {
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const NAMESPACE = "http://www.w3.org/2000/svg";
const thin = "\u202f";

/* ---- figures as text: the same rules as on the rest of the page ---- */
const figure = (value, places) => {
  const [whole, rest] = Math.abs(value).toFixed(places).split(".");
  const sign = value < 0 ? "-" : "";
  return sign + whole.replace(/\B(?=(\d{3})+(?!\d))/g, thin) + (rest ? "." + rest : "");
};
const heading = (metric) => metric.unit ? `${metric.noun} (${metric.unit})` : metric.noun;

/* ---- one tooltip for everything ---- */
const tip = document.createElement("div");
tip.className = "tip";
tip.hidden = true;
document.body.append(tip);
const showTip = (x, y, build) => {
  tip.replaceChildren();
  build(tip);
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = x + 16 + box.width > innerWidth ? x - 16 - box.width : x + 16;
  const top = y + 14 + box.height > innerHeight ? y - 14 - box.height : y + 14;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${Math.max(4, top)}px`;
};
const hideTip = () => { tip.hidden = true; };
const line = (parent, text, kind) => {
  const element = document.createElement("div");
  element.textContent = text;
  if (kind) element.className = kind;
  parent.append(element);
};

/* the native titles of drawings become tooltips, which appear at once */
for (const title of document.querySelectorAll("svg.datapath title, svg.progress title")) {
  const owner = title.parentNode;
  owner.dataset.tip = title.textContent;
  owner.setAttribute("aria-label", title.textContent);
  title.remove();
}
document.addEventListener("pointermove", (event) => {
  const owner = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
  if (owner) {
    showTip(event.clientX, event.clientY, (box) => {
      owner.dataset.tip.split("\n").forEach((text, index) => line(box, text, index ? "" : "caption"));
    });
  } else if (!(event.target instanceof Element && event.target.closest("#front-plot"))) {
    hideTip();
  }
});

/* ---- the front over the cloud ---- */
const plot = document.getElementById("front-plot");
if (plot) {
  const frame = plot.parentNode;
  const elements = [...plot.querySelectorAll(".mark")];
  const axes = plot.querySelector(".axes");
  const stairs = plot.querySelector(".boundary");
  const controls = { x: document.getElementById("axis-x"), y: document.getElementById("axis-y") };
  const logs = { x: document.getElementById("log-x"), y: document.getElementById("log-y") };
  const note = document.getElementById("plot-note");
  let places = [];
  let size = { width: 0, height: 0 };

  const values = (metric) => data.marks.map((mark) => mark.score[metric]).filter((value) => value !== undefined);
  const spread = (list) => list.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  const wide = (metric) => {
    const list = values(metric);
    const [low, high] = spread(list);
    return list.length > 0 && low > 0 && high / low >= 3;
  };
  const makeScale = (metric, logarithmic, start, end) => {
    let [low, high] = spread(values(metric));
    if (!Number.isFinite(low)) [low, high] = [0, 1];
    const log = logarithmic && low > 0 && high > low;
    if (log) {
      const margin = Math.pow(high / low, 0.06);
      low /= margin; high *= margin;
    } else {
      const margin = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
      low -= margin; high += margin;
    }
    const share = (value) => log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return { low, high, log, start, end, place: (value) => start + share(value) * (end - start) };
  };
  const ticksOf = ({ low, high, log }, most) => {
    if (log) {
      const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
      for (const mantissas of [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7]]) {
        const found = [];
        for (let decade = first; decade <= last; decade += 1) {
          for (const mantissa of mantissas) {
            const tick = Number((mantissa * Math.pow(10, decade)).toPrecision(6));
            if (tick >= low && tick <= high) found.push(tick);
          }
        }
        if (found.length >= Math.min(4, most)) return found;
      }
    }
    const rough = (high - low) / Math.min(5, most);
    const power = Math.pow(10, Math.floor(Math.log10(rough)));
    const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
    const found = [];
    for (let index = Math.ceil(low / step); index <= Math.floor(high / step); index += 1) {
      found.push(Number((index * step).toPrecision(12)));
    }
    return found;
  };
  const add = (name, attributes, text) => {
    const element = document.createElementNS(NAMESPACE, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    axes.append(element);
  };
  const tickText = (tick) => figure(tick, Number.isInteger(tick) ? 0 : Math.min(6, (String(tick).split(".")[1] || "").length));

  const draw = () => {
    const x = data.metrics[controls.x.value], y = data.metrics[controls.y.value];
    const width = Math.max(280, Math.floor(frame.clientWidth)) || 960;
    const height = Math.round(Math.min(560, Math.max(320, width * 13 / 24)));
    size = { width, height };
    plot.setAttribute("viewBox", `0 0 ${width} ${height}`);
    plot.setAttribute("width", width);
    plot.setAttribute("height", height);
    const left = width < 520 ? 66 : 76, bottom = height - 52;
    const horizontal = makeScale(x.metric, logs.x.checked, left, width - 20);
    const vertical = makeScale(y.metric, logs.y.checked, bottom, 18);
    axes.replaceChildren();
    const room = Math.max(2, Math.floor((width - left) / 74));
    const across = ticksOf(horizontal, room);
    let last = -Infinity;
    for (const tick of across) {
      const at = horizontal.place(tick);
      add("line", { class: "grid", x1: at, x2: at, y1: bottom, y2: 18 });
      if (at - last >= 46) {
        add("text", { class: "tick", x: at, y: bottom + 18, "text-anchor": "middle" }, tickText(tick));
        last = at;
      }
    }
    for (const tick of ticksOf(vertical, 6)) {
      const at = vertical.place(tick);
      add("line", { class: "grid", x1: left, x2: width - 20, y1: at, y2: at });
      add("text", { class: "tick", x: left - 8, y: at + 4, "text-anchor": "end" }, tickText(tick));
    }
    add("text", { class: "title", x: (left + width - 20) / 2, y: bottom + 40, "text-anchor": "middle" }, heading(x));
    add("text", { class: "title", transform: `translate(14 ${(bottom + 18) / 2}) rotate(-90)`, "text-anchor": "middle" },
      heading(y));
    const right = x.better > 0, up = y.better > 0;
    add("text", {
      class: "better", x: right ? width - 28 : left + 8, y: up ? 32 : bottom - 10, "text-anchor": right ? "end" : "start",
    }, right ? `better ${up ? "↗" : "↘"}` : `${up ? "↖" : "↙"} better`);

    places = data.marks.map((mark, index) => {
      const a = mark.score[x.metric], b = mark.score[y.metric];
      const known = a !== undefined && b !== undefined;
      elements[index].setAttribute("display", known ? "inline" : "none");
      if (!known) return null;
      const place = [horizontal.place(a), vertical.place(b)];
      elements[index].setAttribute("transform", `translate(${place[0].toFixed(1)} ${place[1].toFixed(1)})`);
      return place;
    });
    const feasible = data.marks
      .filter((mark) => (mark.sort === "feasible" || mark.sort === "front"))
      .map((mark) => [mark.score[x.metric], mark.score[y.metric]])
      .filter(([a, b]) => a !== undefined && b !== undefined)
      .sort((p, q) => (q[0] - p[0]) * x.better || (q[1] - p[1]) * y.better);
    let path = "", best = null;
    for (const [a, b] of feasible) {
      if (best === null || (b - best) * y.better > 0) {
        const at = [horizontal.place(a).toFixed(1), vertical.place(b).toFixed(1)];
        path += best === null ? `M${at}` : `H${at[0]}V${at[1]}`;
        best = b;
      }
    }
    stairs.setAttribute("d", path);
    const shown = [x.metric, y.metric];
    const projected = data.objectives.some((metric) => !shown.includes(metric));
    note.textContent = projected
      ? "The staircase bounds what was found in these two axes; the numbered designs are the front in all objectives."
      : "";
  };

  let hovered = null;
  const leave = () => {
    if (hovered !== null) elements[hovered].classList.remove("hovered");
    hovered = null;
    plot.classList.remove("pointing");
    hideTip();
  };
  const describe = (index, clientX, clientY) => {
    if (hovered !== null) elements[hovered].classList.remove("hovered");
    hovered = index;
    const mark = data.marks[index];
    elements[index].classList.add("hovered");
    plot.classList.toggle("pointing", mark.design > 0);
    showTip(clientX, clientY, (box) => {
      line(box, mark.caption, `caption ${mark.sort}`);
      const table = document.createElement("table");
      for (const metric of data.metrics) {
        const value = mark.score[metric.metric];
        if (value === undefined) continue;
        const row = table.insertRow();
        row.insertCell().textContent = metric.noun;
        row.insertCell().textContent = figure(value, metric.places);
        row.insertCell().textContent = metric.unit;
      }
      box.append(table);
      line(box, mark.lines.join("\n"), "knobs");
    });
  };
  const nearest = (event) => {
    const box = plot.getBoundingClientRect();
    const x = (event.clientX - box.left) * size.width / box.width;
    const y = (event.clientY - box.top) * size.height / box.height;
    let found = null, least = 22;
    places.forEach((place, index) => {
      if (place === null) return;
      const far = Math.hypot(place[0] - x, place[1] - y) - (data.marks[index].design ? 4 : 0);
      if (far < least) { least = far; found = index; }
    });
    return found;
  };
  plot.addEventListener("pointermove", (event) => {
    const index = nearest(event);
    if (index === null) leave(); else describe(index, event.clientX, event.clientY);
  });
  plot.addEventListener("pointerleave", leave);
  plot.addEventListener("click", (event) => {
    const index = nearest(event);
    if (index !== null && data.marks[index].design) {
      event.preventDefault();
      leave();
      location.hash = `design-${data.marks[index].design}`;
    }
  });
  elements.forEach((element, index) => {
    element.addEventListener("focusin", () => {
      const box = element.getBoundingClientRect();
      describe(index, box.right, box.bottom);
    });
    element.addEventListener("focusout", leave);
  });
  for (const axis of ["x", "y"]) {
    const choose = () => { logs[axis].checked = wide(data.metrics[controls[axis].value].metric); };
    controls[axis].addEventListener("change", () => { choose(); draw(); });
    logs[axis].addEventListener("change", draw);
    choose();
  }
  for (const button of document.querySelectorAll("[data-pair]")) {
    button.addEventListener("click", () => {
      [controls.x.value, controls.y.value] = button.dataset.pair.split(" ");
      for (const axis of ["x", "y"]) controls[axis].dispatchEvent(new Event("change"));
    });
  }
  let waiting = 0;
  addEventListener("resize", () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(draw); });
  document.querySelector(".plot-controls").hidden = false;
  draw();
}

/* ---- tables sort at a click on a heading: best first, then the other way round ---- */
for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((cell, column) => {
    const button = cell.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      const first = cell.dataset.first || "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const order = cell.getAttribute("aria-sort") === first ? other : first;
      headings.forEach((each) => each.removeAttribute("aria-sort"));
      cell.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
      const rows = [...table.tBodies[0].rows];
      const numeric = rows.every((row) => key(row).trim() !== "" && Number.isFinite(Number(key(row))));
      rows.sort((a, b) => sign * (numeric ? key(a) - key(b) : key(a).localeCompare(key(b), "en")));
      table.tBodies[0].append(...rows);
    });
  });
}

/* ---- copy buttons ---- */
const copyText = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
};
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await copyText(button.dataset.copy);
    button.textContent = "copied";
    setTimeout(() => { button.textContent = label; }, 1200);
  });
}
})();
