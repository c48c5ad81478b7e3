// The page before its first figures, in their shape.
import { Skeleton } from "@/components/ui/Skeleton";
import figures from "@/features/queue/components/Figures.module.css";

export function Waiting() {
  return (
    <div aria-busy="true">
      <p className="sr">Loading the figures</p>
      <div className={figures.figures} aria-hidden="true">
        {Array.from({ length: 8 }, (_, index) => (
          <div key={index} className={`card ${figures.figure}`}>
            <Skeleton width="90px" />
            <Skeleton width="100%" height="30px" />
            <Skeleton width="160px" />
          </div>
        ))}
      </div>
    </div>
  );
}
