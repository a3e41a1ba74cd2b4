// Two argon atoms, and below them their energy and their force against the distance, cut hard and faded out.

const LEFT = 70, WIDE = 670, HIGH = 160, BOTTOM = 460; // of the two plots, in pixels
const PLOTS = { energy: [120, "energy (meV)", 5], force: [300, "force (meV/Å)", 10] }; // top, title, step of the ticks
const KINDS = { hard: ["var(--vermillion)", "9 5"], smooth: ["var(--blue)", "none"] };

function draw(svg, model) {
  const [picture, shapes] = [model.get("picture"), model.get("shapes")];
  const [r, cutoff, width, rule] = ["r", "cutoff", "width", "rule"].map((name) => model.get(name));
  const x = (distance) => LEFT + WIDE * distance / shapes.limits.r;
  const ink = { stroke: "currentColor", "stroke-width": 3 };
  svg.setAttribute("viewBox", "0 0 760 506");
  svg.setAttribute("aria-label", `Two argon atoms, their energy and their force. ${picture.text}`);
  add(svg, "path", { d: `M${x(cutoff - width)} 6V${BOTTOM}H${x(cutoff)}V6z`, fill: "currentColor", opacity: 0.12 });
  line(svg, [[x(cutoff), 6], [x(cutoff), BOTTOM]], { stroke: "currentColor", "stroke-dasharray": "2 4" });
  const heights = ["energy", "force"].map((name, row) => drawPlot(svg, name, row, shapes, x, rule));
  for (let tick = 0; tick <= shapes.limits.r; tick++) write(svg, x(tick), 478, tick);
  write(svg, LEFT + WIDE / 2, 498, "distance r (Å)");
  line(svg, [[x(r), 86], [x(r), BOTTOM]], { stroke: "currentColor", opacity: 0.5 });
  ["energy", "force"].forEach((name, row) => {
    const [low, high] = shapes.limits[name], value = Math.min(Math.max(picture[name], low), high);
    add(svg, "circle", { cx: x(r), cy: heights[row](value), r: 7, fill: PAPER, ...ink });
  });
  drawAtom(svg, x(0), 56, 30, "", ink);
  drawAtom(svg, x(r), 56, 30, "", { name: "right", ...ink });
  const arrow = Math.max(-70, Math.min(70, 12 * picture.force)), side = 9 * Math.sign(arrow);
  if (Math.abs(arrow) > 1) add(svg, "path", { d: `M${x(r)} 56h${arrow}m${-side} -7l${side} 7l${-side} 7`, fill: "none",
    stroke: KINDS[rule][0], "stroke-width": 5, "pointer-events": "none" });
}

/** The axes and curves of the energy or the force; returns where a value stands. */
function drawPlot(svg, name, row, shapes, x, rule) {
  const [top, title, step] = PLOTS[name], [low, high] = shapes.limits[name], middle = top + HIGH / 2;
  const y = (value) => top + HIGH * (high - value) / (high - low);
  const plot = addWindow(svg, LEFT, top, WIDE, HIGH);
  for (let tick = Math.ceil(low / step) * step; tick <= high; tick += step) {
    line(svg, [[LEFT - 4, y(tick)], [tick ? LEFT : LEFT + WIDE, y(tick)]], { stroke: "currentColor" });
    write(svg, LEFT - 8, y(tick) + 4, minus(tick), { "text-anchor": "end" });
  }
  write(svg, 22, middle, title, { transform: `rotate(-90 22 ${middle})` });
  for (const [kind, [stroke, dash]] of Object.entries(KINDS))
    [shapes.inside, shapes.outside].forEach((places, piece) =>
      line(plot, places.map((place, k) => [x(place), y(shapes[kind][piece][row][k])]),
        { stroke, "stroke-width": kind === rule ? 4 : 1.6, "stroke-dasharray": dash }));
  return y;
}

const legend = `<span><i class="line" style="border-top: 4px dashed var(--vermillion)"></i> hard</span>
  <span><i class="line" style="border-top: 4px solid var(--blue)"></i> smooth;</span> the one in use is thick. Grey: the
  fading shell Δr, up to r_c (dotted).<br>Arrow: the force. Drag the right atom, or use the sliders.`;
const pull = (atom, x, y, set, model) => set("r", (x - LEFT) / WIDE * model.get("shapes").limits.r);
const watched = ["picture", "shapes"];
export default { render: (view) => panel(view, { name: "cutoff-pull", draw, legend, watched, pull }) };
