// The picture of dials.js, as a PNG that Python draws, and a button that asks the next question.

function draw(image, model) {
  image.onload = () => URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(new Blob([model.get("picture")], { type: "image/png" }));
  image.alt = model.get("alt");
}

function render(view) {
  const leave = panel(view, { name: "query-committee", tag: "img", draw, says: (model) => model.get("alt") });
  const controls = view.el.querySelector(".controls"), { model } = view;
  const most = model.get("controls").find(({ name }) => name === "values.asked").high;
  // without the attribute JupyterLab takes the Enter key to edit the cell
  const button = add(view.el.firstChild, "button", { type: "button", "data-lm-suppress-shortcuts": true }, "Query");
  view.el.firstChild.insertBefore(button, controls);
  const follow = () => { button.disabled = model.get("values").asked >= most; };
  button.addEventListener("click", () => {
    const values = model.get("values");
    model.set("values", { ...values, asked: Math.min(most, values.asked + 1) });
    model.save_changes();
  });
  model.on("change:values", follow);
  follow();
  return () => { leave(); model.off("change:values", follow); };
}

export default { render };
