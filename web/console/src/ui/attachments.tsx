import type { ReactNode } from "react";
import type { Attachment } from "../api/types";
import { Icon } from "./icon";
import { fileSize } from "./words";

/** Pictures the browser may draw without asking anybody; SVG can carry code and is only offered as a file. */
const drawable = /^image\/(?:png|jpe?g|gif|webp|avif)$/u;

export function Attachments({ files, extra }: { files: Attachment[]; extra?: (file: Attachment) => ReactNode }) {
  if (!files.length) return null;
  return (
    <ul className="files">
      {files.map((file) => (
        <li key={file.id} className="file">
          {file.state !== "ready" ? (
            <span className="file-link" title={file.problem || undefined}>
              <span className="file-icon">
                <Icon name={file.state === "failed" ? "triangle-alert" : "clock"} />
              </span>
              <span className="file-words">
                <span className="file-name ellipsis">{file.name}</span>
                <span className={file.state === "failed" ? "bad" : "file-size"}>
                  {file.state === "failed" ? file.problem : "Being fetched from the provider"}
                </span>
              </span>
            </span>
          ) : (
            <a className="file-link" href={file.url} target="_blank" rel="noopener" title={file.name}>
              {drawable.test(file.type) ? (
                <img className="file-picture" src={inline(file.url)} alt="" loading="lazy" />
              ) : (
                <span className="file-icon">
                  <Icon name={file.type.startsWith("image/") ? "image" : "file-text"} />
                </span>
              )}
              <span className="file-words">
                <span className="file-name ellipsis">{file.name}</span>
                <span className="file-size">{fileSize(file.size)}</span>
              </span>
            </a>
          )}
          {extra?.(file)}
        </li>
      ))}
    </ul>
  );
}

export function inline(url: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}inline=1`;
}
