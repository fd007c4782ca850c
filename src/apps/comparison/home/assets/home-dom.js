/** Builds an element: its properties, its `data-` attributes, its children. Texts of the server enter the page here, as text. */
export function element(name, { data = {}, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  Object.assign(made.dataset, data);
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}
