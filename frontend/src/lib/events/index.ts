// The event stream as the pages see it.
export {
  CONNECTION_BANNER_ID,
  retryNow,
  useConnectionState,
  useOffline,
  usePhase,
  type ConnectionPhase,
} from "./connection";
export { useEvents } from "./useEvents";
