// Atoms j and k beside atom i, and the angular factors of Behler and of RANN against the angle between them.

const I = [140, 210], ARM = 105; // pixels: where atom i stands, and how far k is

const X = (angle) => 320 + 2.4 * angle;
const Y = (value, top) => 190 - 150 * value / top;

function draw(svg, model) {
  const picture = model.get("picture");
  svg.setAttribute("viewBox", "0 0 780 300");
  svg.setAttribute("aria-label", `A bond angle and its angular factors. ${picture.text}`);
  drawAngle(svg, picture.angle);
  // the scale of Behler's curve goes with its highest value once that is above 2
  const most = Math.max(2, picture.top);
  add(svg, "path", { d: `M${X(0)} 40V265M${X(0)} 190H${X(180)}`, stroke: "currentColor" });
  for (const angle of [0, 30, 60, 90, 120, 150, 180]) write(svg, X(angle), 281, `${angle}°`, { "font-size": 11 });
  for (const [angle, name] of picture.landmarks) {
    line(svg, [[X(angle), 32], [X(angle), 265]], { stroke: "currentColor", "stroke-dasharray": "2 5", opacity: 0.7 });
    write(svg, X(angle) + (angle === 90 ? -14 : 0), 26, name, { "font-size": 11 });
  }
  write(svg, X(0) - 6, Y(most, most) + 4, most.toPrecision(2), { "text-anchor": "end" });
  write(svg, X(0) - 6, 194, "0", { "text-anchor": "end" });
  const x = X(picture.angle);
  const curve = (column, top, stroke, dash) => line(svg, picture.curves.map((row) => [X(row[0]), Y(row[column], top)]),
    { stroke, "stroke-width": 3, "stroke-dasharray": dash });
  curve(1, most, "var(--vermillion)", "none");
  add(svg, "circle", { cx: x, cy: Y(picture.behler, most), r: 7, fill: "var(--vermillion)" });
  curve(2, 2, "var(--blue)", "8 5");
  add(svg, "rect", { x: x - 6, y: Y(picture.rann, 2) - 6, width: 12, height: 12, fill: "var(--blue)" });
}

function drawAngle(svg, angle) {
  const turn = angle * Math.PI / 180;
  const place = (radius) => [I[0] + radius * Math.cos(turn), I[1] - radius * Math.sin(turn)];
  const j = [I[0] + ARM, I[1]], k = place(ARM);
  line(svg, [j, I, k], { stroke: "currentColor", "stroke-width": 3 });
  const arc = `M${I[0] + 38} ${I[1]}A38 38 0 0 0 ${place(38).join(" ")}`;
  add(svg, "path", { d: arc, fill: "none", stroke: "currentColor" });
  drawAtom(svg, ...I, 16, "i", { "stroke-width": 1.5 });
  drawAtom(svg, ...j, 16, "j", { "stroke-width": 1.5 });
  drawAtom(svg, ...k, 16, "k", { "stroke-width": 3.5, name: "k" });
  write(svg, I[0], 265, `θ = ${angle.toFixed(1)}°`, { "font-size": 15, "font-weight": 700 });
}

const legend = `<span><i class="line" style="border-top: 4px solid var(--vermillion)"></i> Behler's factor (disc; the
  scale follows it above 2)</span> <span><i class="line" style="border-top: 4px dashed var(--blue)"></i> RANN's
  cos<sup>m</sup> θ (square; from −1 to 1, half as high as 2)</span><br>Drag atom k, or use the sliders.`;
const pull = (atom, x, y, set) => set("angle", Math.atan2(Math.max(0, I[1] - y), x - I[0]) * 180 / Math.PI);
export default { render: (view) => panel(view, { name: "bond-angle", draw, legend, pull }) };
