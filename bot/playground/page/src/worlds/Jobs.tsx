import { type Session, useHeyGen, type Video } from "./heygen.ts";
import { JsonTree } from "./JsonTree.tsx";
import { Part, Said, useOrders } from "./Order.tsx";
import { heygen } from "./orders.ts";

const QUESTION = "Which room should it be?\n- Kitchen\n- Hall";

/** HeyGen's sessions, the newest first, each with the videos it made. */
export function Jobs() {
  const sessions = useHeyGen((now) => now.sessions);
  const videos = useHeyGen((now) => now.videos);
  const { said, isRefused, give } = useOrders();
  const newestFirst = Object.values(sessions).sort((a, b) => b.createdAt - a.createdAt);
  return (
    <Part title="Sessions and videos">
      {newestFirst.length === 0 && <p className="worlds-hint">None yet. Type /video in a channel.</p>}
      <ul className="worlds-jobs" aria-label="Sessions">
        {newestFirst.map((session) => (
          <li key={session.id}>
            <Job session={session} videos={madeIn(session, videos)} give={give} />
          </li>
        ))}
      </ul>
      <Said said={said} isRefused={isRefused} />
    </Part>
  );
}

function madeIn(session: Session, videos: Record<string, Video>): Video[] {
  return session.videoIds.map((id) => videos[id]).filter((video) => video !== undefined);
}

interface JobProps {
  session: Session;
  videos: Video[];
  give: (order: Promise<void>, done: string) => void;
}

function Job({ session, videos, give }: JobProps) {
  const state = session.isLost ? "lost" : session.status.replaceAll("_", " ");
  return (
    <>
      <div className="worlds-job">
        <span className="worlds-job-title" title={session.title}>
          {session.title}
        </span>
        <span className="worlds-state" data-state={session.isLost ? "lost" : session.status}>
          {state}
        </span>
      </div>
      {videos.length > 0 && (
        <ul className="worlds-videos" aria-label="Videos">
          {videos.map((video) => (
            <li key={video.id}>
              v{video.version} {video.status}
              {video.failure && ` (${video.failure})`}
            </li>
          ))}
        </ul>
      )}
      <div className="worlds-job-orders">
        <button
          type="button"
          className="button is-small"
          disabled={!session.isOpen}
          onClick={() => give(heygen.ask(session.id, QUESTION), "Asked.")}
        >
          Ask now
        </button>
        <button
          type="button"
          className="button is-small"
          disabled={session.isLost}
          onClick={() => give(heygen.lose(session.id), "HeyGen has lost it.")}
        >
          Lose it
        </button>
        <details>
          <summary>JSON</summary>
          <JsonTree value={session.json} />
        </details>
      </div>
    </>
  );
}
