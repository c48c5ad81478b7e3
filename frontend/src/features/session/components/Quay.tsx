// The drawing beside the sign-in form: a quay seen from above, one berth free, a hull on its way in.
import { Mark } from "@/components/ui/Mark";
import styles from "./Quay.module.css";

const HULL = "M0-58c17 18 26 36 26 56v44a10 10 0 0 1-10 10h-32a10 10 0 0 1-10-10V-2c0-20 9-38 26-56Z";

export function Quay() {
  return (
    <section className={styles.quay} aria-label="Berth">
      <svg className={styles.plan} viewBox="0 -130 720 900" preserveAspectRatio="xMidYMax slice" aria-hidden="true">
        <g stroke="#2f7076" strokeWidth="2" fill="none" opacity=".55">
          <path d="M-320 330q30-14 60 0t60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0" />
          <path
            d="M-350 392q30-14 60 0t60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0 60 0"
            opacity=".6"
          />
        </g>
        <g stroke="#8fc4c2" strokeWidth="7" strokeLinecap="round">
          <path d="M60 470v170" />
          <path d="M170 470v170" />
          <path d="M280 470v170" />
          <path d="M390 470v170" />
          <path d="M500 470v170" />
          <path d="M610 470v170" />
        </g>
        <rect x="-400" y="640" width="1520" height="14" fill="#8fc4c2" />
        <rect x="-400" y="654" width="1520" height="300" fill="#0f4b52" />
        <path transform="translate(5 572) scale(1)" d={HULL} fill="#176067" opacity="1" />
        <path transform="translate(115 572) scale(1)" d={HULL} fill="#5fb3b1" opacity="0.85" />
        <path transform="translate(225 572) scale(1)" d={HULL} fill="#176067" opacity="1" />
        <path
          transform="translate(335 572)"
          d={HULL}
          fill="none"
          stroke="#2f7076"
          strokeWidth="2.5"
          strokeDasharray="5 7"
        />
        <path transform="translate(445 572) scale(1)" d={HULL} fill="#5fb3b1" opacity="0.85" />
        <path
          transform="translate(555 572)"
          d={HULL}
          fill="none"
          stroke="#2f7076"
          strokeWidth="2.5"
          strokeDasharray="5 7"
        />
        <path transform="translate(665 572) scale(1)" d={HULL} fill="#176067" opacity="1" />
        <path transform="translate(335 412) scale(1)" d={HULL} fill="#e2571e" opacity="1" />
        <path
          d="M335 492v22m-8-8 8 8 8-8"
          stroke="#e2f1f0"
          strokeWidth="3"
          fill="none"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      <div className={styles.brand}>
        <Mark />
      </div>
      <div className={styles.pitch}>
        <h2>Your Linux desktop, in this browser.</h2>
        <p>Press start, see your place in line, and go on where you left off.</p>
      </div>
    </section>
  );
}
