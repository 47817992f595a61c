Feature: tides

  Scenario: high water
    Given a gauge
