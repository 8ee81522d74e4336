/** Every word typed must begin a word of the text, whatever the accents. */
export function matches(typed: string, text: string): boolean {
  const words = folded(text).split(/[\s.@_/-]+/u);
  const whole = folded(text);
  return folded(typed)
    .split(/\s+/u)
    .filter(Boolean)
    .every((part) => words.some((word) => word.startsWith(part)) || (part.length > 2 && whole.includes(part)));
}

function folded(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}
