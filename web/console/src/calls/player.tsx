import { useEffect, useRef, useState } from "react";
import type { Attachment } from "../api/types";
import { inline } from "../ui/attachments";
import { Icon } from "../ui/icon";
import { clock, text } from "./messages";

const SPEEDS = [1, 1.25, 1.5, 2];
const BARS = 64;
const QUIETEST = 0.12;

/** A recording: heard, searched by its picture, as fast as one can follow. */
export function Player({ file, seconds }: { file: Attachment; seconds: number }) {
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(seconds);
  const [speed, setSpeed] = useState(1);
  const peaks = usePeaks(file.url, playing);
  useEffect(() => {
    if (audio.current) audio.current.playbackRate = speed;
  }, [speed]);
  const toggle = () => {
    const one = audio.current;
    if (!one) return;
    if (one.paused) void one.play();
    else one.pause();
  };
  const jump = (to: number) => {
    setAt(to);
    if (audio.current) audio.current.currentTime = to;
  };
  const next = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length] ?? 1;
  return (
    <div className="player">
      {/* biome-ignore lint/a11y/useMediaCaption: the transcript stands below it */}
      <audio
        ref={audio}
        src={inline(file.url)}
        preload="none"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onLoadedMetadata={(event) => {
          if (Number.isFinite(event.currentTarget.duration)) setLength(event.currentTarget.duration);
        }}
      />
      <button type="button" className="player-play" aria-label={playing ? text.stop : text.play} onClick={toggle}>
        <Icon name={playing ? "pause" : "play"} size="xs" />
      </button>
      <span className="player-wave">
        <span className="player-bars" aria-hidden="true">
          {peaks.map((peak, bar) => (
            <i
              // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
              key={bar}
              className={bar / BARS < at / (length || 1) ? "is-past" : ""}
              style={{ blockSize: `${peak * 100}%` }}
            />
          ))}
        </span>
        <input
          type="range"
          aria-label={text.position}
          aria-valuetext={clock(at)}
          min={0}
          max={Math.max(1, Math.round(length))}
          value={Math.round(at)}
          onChange={(event) => jump(Number(event.target.value))}
        />
      </span>
      <span className="quiet player-time">
        {clock(at)} / {clock(length)}
      </span>
      <button type="button" className="chip chip-line" aria-label={text.speed(speed)} onClick={() => setSpeed(next)}>
        {speed}×
      </button>
      <a className="icon-button" href={file.url} download={file.name} aria-label={text.download} title={text.download}>
        <Icon name="download" />
      </a>
    </div>
  );
}

/** How loud it is over its length; drawn flat until somebody listens, because it takes the whole file. */
function usePeaks(url: string, wanted: boolean): number[] {
  const [peaks, setPeaks] = useState<number[]>(() => Array.from({ length: BARS }, () => QUIETEST * 2));
  const asked = useRef(false);
  useEffect(() => {
    if (!wanted || asked.current) return;
    asked.current = true;
    void measure(url).then(setPeaks, () => undefined);
  }, [url, wanted]);
  return peaks;
}

async function measure(url: string): Promise<number[]> {
  const answer = await fetch(inline(url));
  const context = new OfflineAudioContext(1, 1, 8000);
  const sound = (await context.decodeAudioData(await answer.arrayBuffer())).getChannelData(0);
  const step = Math.max(1, Math.floor(sound.length / BARS));
  const loud = Array.from({ length: BARS }, (_, bar) => {
    let most = 0;
    for (let i = bar * step; i < (bar + 1) * step; i += 16) most = Math.max(most, Math.abs(sound[i] ?? 0));
    return most;
  });
  const loudest = Math.max(...loud, 0.001);
  return loud.map((peak) => Math.max(QUIETEST, peak / loudest));
}
