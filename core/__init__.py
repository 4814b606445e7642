"""What every layer stands on: errors, languages, domains, weights. Knows nothing of documents or answers."""

from core.libraries import keep_chatter_from_users
from core.progress import keep_bars_out_of_logs

keep_bars_out_of_logs()
keep_chatter_from_users()
