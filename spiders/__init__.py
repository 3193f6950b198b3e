"""The crawl: spiders, and what a polite and accountable crawl needs beside them.

    arguments, failures, sitemap                        rules, as pure functions and small values
    host, robots                                        downloader middlewares: what may be asked for
    clock                                               when a response came
    account, sink                                       what came of it: the counts; records.jsonl
    archive                                             every response, in WARC files
    portal, fintechworld                                the spiders
    embedded                                            extension: the portal that ships with the project
    settings, commands                                  what Scrapy is told

A module imports only what stands above it.
"""
