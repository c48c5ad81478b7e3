// Makes everything but one element inert, and gives back what undoes it. What was inert before stays so: a dialog over
// another one leaves the page behind both as it was.
export function setAside(stays: Element): () => void {
  const aside: HTMLElement[] = [];
  for (const element of document.body.children) {
    if (!(element instanceof HTMLElement) || element.contains(stays) || element.inert) continue;
    element.inert = true;
    aside.push(element);
  }
  return () => {
    for (const element of aside) element.inert = false;
  };
}
