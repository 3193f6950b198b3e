"""The crawl: spiders, and what a polite and accountable crawl needs beside them.

    arguments, failures, entries, markup, sitemap, feeds, budget, ranking
                                                 rules, as pure functions and small values
    folder, stored, items, ledger                what is on the disk: the lock, requests, items, all that is known
    account, frontier                            the counts; the scheduler
    guard, host, robots, clock                   downloader middlewares: what may be asked for
    compression, backoff, outcome                what came, unpacked; when it is tried again; what came of it
    reading, reader                              what a page holds, found out by a process beside the crawl
    sink, archive, report                        records.jsonl; WARC files; run.json, report.html and the like
    live, cells                                  a line on the terminal; records as CSV
    addon                                        the switch for all of these
    portal, fintechworld                         the spiders
    embedded                                     extension: the portal that ships with the project
    settings, commands                           what Scrapy is told

A module imports only what stands above it.
"""
