import { useState } from "react";
import { Dialog } from "../parts/Dialog.tsx";
import "./media.css";

/** A picture; a click shows it as large as the window allows. */
export function Picture({ address, alt }: { address: string; alt: string }) {
  const [isLarge, setLarge] = useState(false);
  return (
    <>
      <button type="button" className="picture" onClick={() => setLarge(true)} aria-label={`Enlarge: ${alt}`}>
        <img src={address} alt={alt} loading="lazy" />
      </button>
      {isLarge && (
        <Dialog title={alt} onClose={() => setLarge(false)} className="is-wide">
          <img className="picture-large" src={address} alt={alt} />
        </Dialog>
      )}
    </>
  );
}
