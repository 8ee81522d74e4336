/** Icons of Lucide (ISC licence), drawn inline so that no request and no markup from outside is needed. */
const paths = {
  back: "m12 19-7-7 7-7M19 12H5",
  chat: "M2.992 16.342a2 2 0 0 1 .094 1.167l-1.065 3.29a1 1 0 0 0 1.236 1.168l3.413-.998a2 2 0 0 1 1.099.092 10 10 0 1 0-4.777-4.719",
  check: "M20 6 9 17l-5-5",
  checks: "M18 6 7 17l-5-5M22 10l-7.5 7.5L13 16",
  clip: "m16 6-8.414 8.586a2 2 0 0 0 2.829 2.829l8.414-8.586a4 4 0 1 0-5.657-5.657l-8.379 8.551a6 6 0 1 0 8.485 8.485l8.379-8.551",
  clock: "M12 6v6l4 2M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0",
  close: "M18 6 6 18M6 6l12 12",
  file: "M14.5 2H6a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V7.500L14.500 2v6H20",
  mail: "m22 7-8.991 5.727a2 2 0 0 1-2.009 0L2 7M4 4h16a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2",
  moon: "M18 5h4M20 3v4M20.985 12.486a9 9 0 1 1-9.473-9.472c.405-.022.617.46.402.803a6 6 0 0 0 8.268 8.268c.344-.215.825-.004.803.401",
  more: "m9 18 6-6-6-6",
  phone:
    "M13.832 16.568a1 1 0 0 0 1.213-.303l.355-.465A2 2 0 0 1 17 15h3a2 2 0 0 1 2 2v3a2 2 0 0 1-2 2A18 18 0 0 1 2 4a2 2 0 0 1 2-2h3a2 2 0 0 1 2 2v3a2 2 0 0 1-.8 1.6l-.468.351a1 1 0 0 0-.292 1.233 14 14 0 0 0 6.392 6.384",
  send: "M3.714 3.048a.498.498 0 0 0-.683.627l2.843 7.627a2 2 0 0 1 0 1.396l-2.842 7.627a.498.498 0 0 0 .682.627l18-8.500a.5.5 0 0 0 0-.904zM6 12h16",
  smile: "M15 10V9M16.472 15a6 6 0 0 1-8.943 0M9 10V9M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0",
  text: "M22 17a2 2 0 0 1-2 2H6.828a2 2 0 0 0-1.414.586l-2.202 2.202A.71.71 0 0 1 2 21.286V5a2 2 0 0 1 2-2h16a2 2 0 0 1 2 2zM7 11h10M7 15h6M7 7h8",
  warn: "M12 8v5M12 16.500v.01M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0",
};

export type IconName = keyof typeof paths;

export const Icon = ({ name, small, flip }: { name: IconName; small?: boolean; flip?: boolean }) => (
  <svg class={`i${small ? " s" : ""}${flip ? " flip" : ""}`} viewBox="0 0 24 24" aria-hidden="true">
    <path d={paths[name]} />
  </svg>
);

/** How a channel looks; one without a picture of its own gets a letter. */
export const channelIcon = (channel: string): IconName =>
  channel === "voice" ? "phone" : channel === "sms" ? "text" : "mail";
