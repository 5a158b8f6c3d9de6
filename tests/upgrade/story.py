"""What people had asked for when the earlier release was killed: one wish for each state a job can be left in."""

DONE = "An intro that was ready"  # with its result: Change
LINKED = "An intro that Slack did not take"  # with its result: Get link
REPLIED = "An intro with a reply that was just said"  # ready; the reply was kept a moment before the end
FAILED = "An intro that failed"
STOPPED = "An intro that was stopped and came anyway"
ASKED = "An intro with a question"
REVIEWED = "An intro with a storyboard"
CHANGED = "An intro whose storyboard somebody was changing"
DOUBTED = "An intro of which HeyGen never heard"  # asked about: send it again?
SPOKEN = "A greeting whose answer was lost"  # the same, for audio
THINKING = "An intro that is being thought about"
RENDERING = "An intro that is being rendered"  # a reply waits for it
TAKEN = "An intro that HeyGen took, and whose answer was lost"
NOT_TAKEN = "An intro that never reached HeyGen"
QUEUED = "An intro that waits for a place"
POSTED = "An intro whose card was just posted"
UPLOADED = "An intro whose file was just shared"
UNINVITED = "An intro for the private channel"
ELSEWHERE = "An intro for two people"  # asked where the app cannot be: Make it there
VOICELESS = "A greeting without a voice"

QUESTION = "Which background?\n- Office\n- Beach"
LATER, SOON = "With a red start", "With a green end"  # replies: to RENDERING, and to REPLIED
FORM = "An intro from a form that was still open"
CEILING = 4  # places at HeyGen: THINKING, RENDERING, TAKEN and NOT_TAKEN hold them all
