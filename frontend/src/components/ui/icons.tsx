// The drawings of the icon set: 16 px, stroke 1.6, one colour. A new icon is one more entry here:
// the path, or all its parts where it has more than one.
import type { ReactNode } from "react";

export const icons = {
  book: "M3 2.8h8.5c.8 0 1.5.7 1.5 1.5v9H4.5A1.5 1.5 0 0 1 3 11.8zM3 11.8c0-.8.7-1.5 1.5-1.5H13M6 5.6h4",
  box: "M8 1.8 13.7 5v6L8 14.2 2.3 11V5zM2.5 5.1 8 8.2l5.5-3.1M8 8.2v5.8",
  brush: "M13.5 2.5 7.3 8.3M7.3 8.3c-2-.6-3.3.6-3.3 2.2 0 1.3-.8 2.2-1.7 2.7 2.9.6 6.2-.3 6.2-2.9 0-.8-.5-1.6-1.2-2Z",
  check: "m3 8.5 3.2 3.2L13 4.8",
  clip: (
    <>
      <rect x="3" y="3" width="10" height="11" rx="1.2" />
      <path d="M6 3V2h4v1M5.8 7h4.4M5.8 10h3" />
    </>
  ),
  clock: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 4.6V8l2.3 1.5" />
    </>
  ),
  code: "m5.5 4.5-3.7 3.5 3.7 3.5M10.5 4.5l3.7 3.5-3.7 3.5",
  desk: (
    <>
      <rect x="1.8" y="2.5" width="12.4" height="8.6" rx="1.3" />
      <path d="M5.5 13.6h5M8 11.1v2.5" />
    </>
  ),
  dotfull: (
    <>
      <circle cx="8" cy="8" r="3.6" fill="currentColor" stroke="none" />
    </>
  ),
  down: "m4 6 4 4 4-4",
  drift: (
    <>
      <circle cx="8" cy="3.4" r="1.6" />
      <path d="M8 5v9M4.9 7.4h6.2M2 9.6c.4 2.6 2.7 4.3 6 4.4 3.3-.1 5.6-1.8 6-4.4" />
    </>
  ),
  eye: (
    <>
      <path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8Z" />
      <circle cx="8" cy="8" r="1.9" />
    </>
  ),
  eyeoff: (
    <>
      <path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8Z" />
      <circle cx="8" cy="8" r="1.9" />
      <path d="m2.8 13.2 10.4-10.4" />
    </>
  ),
  fit: (
    <>
      <rect x="1.8" y="3" width="12.4" height="10" rx="1.2" />
      <path d="m4.5 8 2-2M4.5 8l2 2M11.5 8l-2-2M11.5 8l-2 2M4.5 8h7" />
    </>
  ),
  full: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  gauge: "M2.2 11.5a6.2 6.2 0 1 1 11.6 0M8 9.2l2.6-3",
  half: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 2a6 6 0 0 1 0 12Z" fill="currentColor" />
    </>
  ),
  info: (
    <>
      <circle cx="8" cy="8" r="6" />
      <path d="M8 7.3v3.6M8 5.1v.05" />
    </>
  ),
  keys: (
    <>
      <rect x="1.5" y="4" width="13" height="8" rx="1.3" />
      <path d="M4 6.6h.05M6.7 6.6h.05M9.3 6.6h.05M12 6.6h.05M5 9.5h6" />
    </>
  ),
  left: "M13 8H3.2M7 4 3 8l4 4",
  moon: "M13.3 9.6A5.7 5.7 0 0 1 6.4 2.7a5.7 5.7 0 1 0 6.9 6.9Z",
  more: (
    <>
      <circle cx="3.2" cy="8" r=".9" fill="currentColor" />
      <circle cx="8" cy="8" r=".9" fill="currentColor" />
      <circle cx="12.8" cy="8" r=".9" fill="currentColor" />
    </>
  ),
  open: "M6.5 3H3.8A.8.8 0 0 0 3 3.8v8.4c0 .4.4.8.8.8h8.4c.4 0 .8-.4.8-.8V9.5M9.5 3H13v3.5M13 3 7.5 8.5",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.2v9.6l7.5-4.8z",
  plus: "M8 3v10M3 8h10",
  queue: (
    <>
      <path d="M2 4h12M2 8h8M2 12h5" />
      <path d="m11.5 10.5 2 1.5-2 1.5" />
    </>
  ),
  retry: "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.8h-2.8",
  ring: "M8 2a6 6 0 1 1-6 6",
  search: (
    <>
      <circle cx="7" cy="7" r="4.5" />
      <path d="m10.4 10.4 3.1 3.1" />
    </>
  ),
  stop: (
    <>
      <rect x="3.8" y="3.8" width="8.4" height="8.4" rx="1.2" />
    </>
  ),
  sun: (
    <>
      <circle cx="8" cy="8" r="2.9" />
      <path d="M8 1.6v1.3M8 13.1v1.3M1.6 8h1.3M13.1 8h1.3M3.5 3.5l.9.9M11.6 11.6l.9.9M3.5 12.5l.9-.9M11.6 4.4l.9-.9" />
    </>
  ),
  term: (
    <>
      <rect x="1.8" y="2.8" width="12.4" height="10.4" rx="1.4" />
      <path d="m4.6 6 2 2-2 2M8.6 10.2h3" />
    </>
  ),
  user: (
    <>
      <circle cx="8" cy="5.3" r="2.7" />
      <path d="M2.8 13.8c.5-2.7 2.5-4.2 5.2-4.2s4.7 1.5 5.2 4.2" />
    </>
  ),
  users: (
    <>
      <circle cx="6" cy="5.2" r="2.5" />
      <path d="M1.6 13.5c.4-2.5 2.2-3.8 4.4-3.8s4 1.3 4.4 3.8M10.8 2.9a2.5 2.5 0 0 1 0 4.6M12.2 9.9c1.3.6 2 1.8 2.2 3.6" />
    </>
  ),
  warn: "M8 2.3 14.3 13.2H1.7zM8 6.6v3.1M8 11.6v.05",
  wifi: "M1.5 6.3a9.3 9.3 0 0 1 13 0M3.8 8.8a6 6 0 0 1 8.4 0M6.1 11.2a2.7 2.7 0 0 1 3.8 0M8 13.5v.05",
  x: "m4 4 8 8M12 4l-8 8",
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof icons;
