import { useRef, useState } from "react";
import { api } from "../api/endpoints";
import type { Attachment } from "../api/types";

export interface Upload {
  id: number;
  file: File;
  error: string;
}

/** Files go up while the agent writes on. */
export function useUploads(onDone: (file: Attachment) => void) {
  const [uploads, setUploads] = useState<Upload[]>([]);
  const last = useRef(0);
  const done = useRef(onDone);
  done.current = onDone;

  const start = (upload: Upload) => {
    api.upload(upload.file).then(
      (attachment) => {
        setUploads((all) => all.filter((one) => one.id !== upload.id));
        done.current(attachment);
      },
      (error: Error) =>
        setUploads((all) => all.map((one) => (one.id === upload.id ? { ...one, error: error.message } : one))),
    );
  };
  return {
    uploads,
    running: uploads.some((one) => !one.error),
    failed: uploads.some((one) => one.error),
    add: (files: Iterable<File>) => {
      const added = [...files].map((file) => ({ id: ++last.current, file, error: "" }));
      setUploads((all) => [...all, ...added]);
      added.forEach(start);
    },
    retry: (upload: Upload) => {
      setUploads((all) => all.map((one) => (one.id === upload.id ? { ...one, error: "" } : one)));
      start(upload);
    },
    remove: (upload: Upload) => setUploads((all) => all.filter((one) => one.id !== upload.id)),
  };
}
