/** Colours of the token sheet, as `busy`, as they are now on an element: for what is drawn on canvas. */
export function inksOf(element: HTMLElement): (token: string) => string {
  const inks = new Map<string, string>();
  return (token) => {
    const known = inks.get(token);
    if (known !== undefined) return known;
    // Only a property that takes colours tells which of the two schemes a token means now.
    element.style.color = `var(--${token})`;
    const colour = getComputedStyle(element).color;
    element.style.color = '';
    inks.set(token, colour);
    return colour;
  };
}
