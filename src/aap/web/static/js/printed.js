// On paper a field would cut what was typed: while the page prints, its whole text stands in its place.

const FIELDS = "main :is(textarea, select, input.form-control:not([type=file], [type=password]))";

function words(field) {
  if (field.selectedOptions) return field.selectedOptions[0]?.text ?? "";
  return field.type === "date" && field.value ? field.value.split("-").reverse().join("/") : field.value;
}

export function start(root) {
  addEventListener("beforeprint", () => {
    for (const field of root.querySelectorAll(FIELDS)) {
      const text = document.createElement("div");
      text.className = "printed";
      text.textContent = words(field);
      field.after(text);
    }
  });
  addEventListener("afterprint", () => root.querySelectorAll(".printed").forEach((text) => text.remove()));
}
