import type { Attachment } from "../api/types";
import { inline } from "../ui/attachments";

/** The cleaner writes every attribute in this way. Set aside before parsing: even that asks the security policy. */
const style = /(<[a-z][^<>]*\s)style="/giu;

/**
 * Cleaned mail made ready for the frame: inline pictures point at our attachments, pictures from elsewhere wait until
 * they are asked for, links open outside, and style waits aside for the frame to set it (the security policy refuses it
 * in markup). The frame runs no script whatever stands in here.
 */
export function prepare(html: string, files: Attachment[], pictures: boolean): { html: string; blocked: number } {
  const page = new DOMParser().parseFromString(html.replace(style, '$1data-style="'), "text/html");
  const byCid = new Map(files.filter((file) => file.cid).map((file) => [file.cid, file]));
  let blocked = 0;
  for (const picture of page.querySelectorAll("img")) {
    const source = picture.getAttribute("src") ?? "";
    const file = source.startsWith("cid:") ? byCid.get(decodeURIComponent(source.slice(4))) : undefined;
    picture.removeAttribute("srcset");
    if (file) picture.setAttribute("src", inline(file.url));
    else if (/^(?:https?:)?\/\//iu.test(source)) {
      blocked += 1;
      if (!pictures) picture.removeAttribute("src");
    } else if (!source.startsWith("/api/")) picture.remove();
  }
  for (const link of page.querySelectorAll("a[href]")) {
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noopener noreferrer");
    link.setAttribute("title", link.getAttribute("href") ?? "");
  }
  return { html: page.body.innerHTML, blocked };
}

/** Mail that sets colours was made for white paper; all other mail takes the console's colours. */
export function needsPaper(html: string): boolean {
  return /\bbgcolor=|background(?:-color)?\s*:|(?:^|[;"'\s])color\s*[:=]/iu.test(html);
}
