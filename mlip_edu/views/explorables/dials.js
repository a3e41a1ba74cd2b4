// A picture that Python draws, as a PNG; or none, and controls alone.

function draw(image, model) {
  const bytes = model.get("picture");
  image.hidden = !bytes.byteLength;
  if (image.hidden) return;
  image.onload = () => URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
  image.alt = model.get("alt");
}

const says = (model) => model.get("alt");
export default { render: (view) => panel(view, { name: "mlip-dials", tag: "img", draw, says }) };
