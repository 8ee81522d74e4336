import { useRef } from "react";
import type { Attachment } from "../api/types";
import { Attachments } from "../ui/attachments";
import { Button, IconButton } from "../ui/button";
import { Icon } from "../ui/icon";
import { fileSize } from "../ui/words";
import { text } from "./messages";
import type { Upload } from "./use-uploads";

interface FilesProps {
  files: Attachment[];
  uploads: Upload[];
  onRemove: (file: Attachment) => void;
  onRetry: (upload: Upload) => void;
  onCancel: (upload: Upload) => void;
}

export function Files({ files, uploads, onRemove, onRetry, onCancel }: FilesProps) {
  if (!files.length && !uploads.length) return null;
  return (
    <div className="composer-files">
      <Attachments
        files={files}
        extra={(file) => <IconButton icon="x" label={text.removeFile(file.name)} onClick={() => onRemove(file)} />}
      />
      {uploads.map((upload) => (
        <div key={upload.id} className={`file ${upload.error ? "file-failed" : "file-loading"}`}>
          <span className="file-icon">
            <Icon name={upload.error ? "triangle-alert" : "file"} />
          </span>
          <span className="file-words">
            <span className="file-name ellipsis">{upload.file.name}</span>
            <span className="file-size" title={upload.error}>
              {upload.error
                ? `${text.uploadFailed}: ${upload.error}`
                : `${text.uploading} · ${fileSize(upload.file.size)}`}
            </span>
          </span>
          {upload.error && (
            <Button look="link" onClick={() => onRetry(upload)}>
              {text.tryAgain}
            </Button>
          )}
          <IconButton icon="x" label={text.removeFile(upload.file.name)} onClick={() => onCancel(upload)} />
        </div>
      ))}
    </div>
  );
}

export function AttachButton({ onFiles }: { onFiles: (files: FileList) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton icon="paperclip" label={text.attach} onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={text.attach}
        onChange={(event) => {
          if (event.target.files) onFiles(event.target.files);
          event.target.value = "";
        }}
      />
    </>
  );
}
