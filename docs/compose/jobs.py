"""Prints a job file: 1000 messages for 50 sellers, with `python jobs.py 1000 50 | spapi-messaging bulk add -`"""

import csv
import sys

messages, sellers = map(int, sys.argv[1:])
table = csv.writer(sys.stdout)
table.writerow(["order", "type", "text", "account", "marketplace"])
for number in range(messages):
    account = f"shop-{number % sellers}"
    table.writerow([f"303-0000000-{number:07d}", "confirmOrderDetails", "Is your address right?", account, "DE"])
