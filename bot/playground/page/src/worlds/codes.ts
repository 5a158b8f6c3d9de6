// Reasons HeyGen gives for a video that failed, with words of the kind it says.

export const FAILURES: readonly (readonly [code: string, message: string])[] = [
  ["rendering_failed", "Avatar rendering timed out"],
  ["content_policy_violation", "The prompt goes against the content policy"],
  ["avatar_consent_required", "The avatar's owner has not given consent"],
  ["insufficient_credit", "Not enough credit"],
  ["quota_exceeded", "The quota of this account is used up"],
  ["plan_upgrade_required", "The plan does not include this"],
  ["voice_unavailable", "The voice is not available"],
  ["voice_not_usable", "The voice cannot be used by this account"],
  ["avatar_not_found", "Avatar not found"],
  ["asset_not_found", "Asset not found"],
  ["download_failed", "The file could not be downloaded"],
  ["script_too_short", "The script is too short"],
  ["internal_error", "Something went wrong"],
  ["gateway_timeout", "The upstream did not answer in time"],
];

/** Operations of HeyGen's API by the words people know them by. */
export const CALLS = [
  ["any", "any call"],
  ["create", "making a video"],
  ["message", "an answer or a change"],
  ["stop", "a stop"],
  ["session", "a look at a session"],
  ["video", "a look at a video"],
  ["speech", "speech"],
  ["asset", "an upload"],
  ["download", "a download"],
] as const;

/** What may go wrong with a call. */
export const TROUBLES = [
  ["429", "429 too many requests", { do: "status", status: 429, retry_after: 2 }],
  ["500", "500 internal error", { do: "status", status: 500 }],
  ["503", "503 unavailable", { do: "status", status: 503 }],
  ["402", "402 out of credit", { do: "status", status: 402 }],
  ["401", "401 key rejected", { do: "status", status: 401 }],
  ["lost", "done, but the answer is lost", { do: "disconnect_after_commit" }],
  ["hung", "hangs for 10 s, nothing done", { do: "timeout_before_commit", hold_seconds: 10 }],
  ["html", "502 with a web page", { do: "html" }],
] as const;

export const WEBHOOKS = [
  ["normal", "Normal"],
  ["drop", "Dropped"],
  ["double", "Doubled"],
  ["late", "Late"],
  ["forge", "Forged"],
] as const;
