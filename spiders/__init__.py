"""The crawl: spiders, and what a polite and accountable crawl needs beside them.

    arguments, failures, budget, entries                rules, as pure functions and small values
    markup, sitemap, feeds                              the same: lists of pages, read
    host, robots                                        downloader middlewares: what may be asked for
    account, sink                                       what came of it: the counts; records.jsonl
    portal, fintechworld                                the spiders
    embedded                                            extension: the portal that ships with the project
    settings, commands                                  what Scrapy is told

A module imports only what stands above it.
"""
