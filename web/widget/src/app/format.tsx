/** Light formatting as nodes: what people wrote is data and never becomes markup. */
import type { ComponentChildren } from "preact";

const TOKEN =
  /(https?:\/\/[^\s<>"]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)|`([^`\n]+)`|\*\*(\S(?:[^*\n]*\S)?)\*\*|(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])|(?<!\w)_(\S(?:[^_\n]*\S)?)_(?!\w)/g;
/** A full stop or bracket after an address belongs to the sentence. */
const TRAILING = /[.,;:!?)\]}'’”»]+$/;

export function format(text: string): ComponentChildren[] {
  const nodes: ComponentChildren[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, address, code, strong, starred, underlined] = match;
    nodes.push(text.slice(end, match.index));
    end = match.index + whole.length;
    if (address) {
      const rest = TRAILING.exec(address)?.[0] ?? "";
      nodes.push(link(address.slice(0, address.length - rest.length)), rest);
    } else if (code) nodes.push(<code>{code}</code>);
    else if (strong) nodes.push(<strong>{strong}</strong>);
    else nodes.push(<em>{starred ?? underlined}</em>);
  }
  nodes.push(text.slice(end));
  return nodes;
}

function link(address: string): ComponentChildren {
  const href = address.includes("://") ? address : `mailto:${address}`;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {address}
    </a>
  );
}
